"""The address of an instance: what people paste, reduced to its root."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def instance_url(text: str) -> str:
    """Reduce what people paste to the root of the instance.

    Args:
        text: An endpoint or identity URL, with or without a trailing slash.

    Returns:
        Scheme and host, and the port if there is one.

    Raises:
        ValueError: It is no URL, or one over which credentials must not travel.

    Source: base-url.md
    """
    text = text.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.username or parts.password or " " in host:
        raise ValueError(
            "must be the endpoint that Admin > Web Services shows,"
            " for example https://123-ABC-456.mktorest.com"
        )
    path = parts.path.strip("/")
    if path not in {"", "rest", "identity"} or parts.query or parts.fragment:
        raise ValueError(
            "must end after the host, or in /rest or /identity; the tap adds the rest of the path"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("must begin with https://, credentials travel over it")
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}" + (f":{port}" if port else "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
