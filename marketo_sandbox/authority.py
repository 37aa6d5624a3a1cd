"""A temporary certificate authority, for clients that require HTTPS and Marketo's host names."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

NAMES = ("DNS:*.mktorest.com", "DNS:localhost", "IP:127.0.0.1")
_DAYS = "30"


def certificate(authority: Path) -> tuple[str, str]:
    """Create an authority and a certificate for Marketo's host names.

    Args:
        authority: Path for the authority's certificate, which clients must trust.

    Returns:
        Paths of the server's certificate and key.

    Raises:
        RuntimeError: The program `openssl` is missing or failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="marketo-sandbox-"))
    (folder / "names").write_text(
        f"subjectAltName={','.join(NAMES)}\nextendedKeyUsage=serverAuth\n", encoding="ascii"
    )
    new_key = ("-newkey", "rsa:2048", "-nodes")
    _openssl(
        folder, "req", "-x509", *new_key, "-keyout", "authority.key", "-out", "authority.pem",
        "-days", _DAYS, "-subj", "/CN=Marketo sandbox, throw-away authority",
        "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    _openssl(
        folder, "req", *new_key, "-keyout", "server.key", "-out", "server.csr",
        "-subj", "/CN=Marketo sandbox",
    )  # fmt: skip
    _openssl(
        folder, "x509", "-req", "-in", "server.csr", "-CA", "authority.pem",
        "-CAkey", "authority.key", "-CAcreateserial", "-out", "server.pem", "-days", _DAYS,
        "-extfile", "names",
    )  # fmt: skip
    # The authority signs nothing else.
    (folder / "authority.key").unlink()
    authority.write_bytes((folder / "authority.pem").read_bytes())
    return str(folder / "server.pem"), str(folder / "server.key")


def _openssl(folder: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            ["openssl", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise RuntimeError("--tls needs the program openssl, which is not installed") from None
    if done.returncode:
        raise RuntimeError(f"openssl could not create a certificate: {done.stderr[-500:]}")
