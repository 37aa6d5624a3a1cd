"""Normalises the address of an instance."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

# An id without the rest of the host name.
_MUNCHKIN_ID = re.compile(r"\d{3}-[a-z]{3}-\d{3}")
_EXAMPLE = (
    "must be the REST endpoint shown in Admin > Web Services,"
    " for example https://123-ABC-456.mktorest.com"
)


def instance_url(text: str) -> str:
    """Reduce a REST or identity URL to the root of the instance.

    Args:
        text: REST or identity URL, with or without a trailing slash.

    Returns:
        Scheme, host and port, if any.

    Raises:
        ValueError: The text is not a URL, or not https.

    Source: base-url.md
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:  # its message may quote a password
        raise ValueError(_EXAMPLE) from None
    is_name = host and not re.search(r"\s", host) and not _MUNCHKIN_ID.fullmatch(host)
    if not host or not is_name or parts.username or parts.password:
        raise ValueError(_EXAMPLE)
    path = parts.path.strip("/").lower()
    if path not in {"", "rest", "identity"} or parts.query or parts.fragment:
        raise ValueError("must end after the host, or in /rest or /identity")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("must begin with https://, because credentials are sent to it")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
