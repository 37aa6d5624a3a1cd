"""Send the names below `mktorest.com` to the sandbox: what a line in the hosts file does.

A client's own code is not touched: it resolves a name, and speaks TLS with what answers there.
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
    """Let sessions whose requests are prepared trust the authority too: they read no variable."""
    import requests.adapters  # noqa: PLC0415 - not every client has it

    requests.adapters.DEFAULT_CA_BUNDLE_PATH = authority


_trust(os.environ["REQUESTS_CA_BUNDLE"])
