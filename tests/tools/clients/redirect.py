"""Map the names below `mktorest.com` to the sandbox, like a line in the hosts file.

The client's code is not changed: it resolves a name and uses TLS.
"""

from __future__ import annotations

import os
import socket
from typing import Any

_resolve = socket.getaddrinfo


def _redirected(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.endswith(".mktorest.com"):
        return _resolve("127.0.0.1", int(os.environ["SANDBOX_PORT"]), *rest, **named)
    return _resolve(host, port, *rest, **named)


socket.getaddrinfo = _redirected


def _trust(authority: str) -> None:
    """Let sessions with prepared requests trust the authority: they don't read the variable."""
    import requests.adapters  # noqa: PLC0415 - not every client has it

    requests.adapters.DEFAULT_CA_BUNDLE_PATH = authority


_trust(os.environ["REQUESTS_CA_BUNDLE"])
