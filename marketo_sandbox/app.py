"""A running sandbox: an instance behind a server on loopback."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

from marketo_sandbox.authority import certificate
from marketo_sandbox.control import Control
from marketo_sandbox.options import SandboxOptions
from marketo_sandbox.server import Call, Instance, make_app

if TYPE_CHECKING:
    from typing_extensions import Self

    from marketo_sandbox.queue import Job
    from marketo_sandbox.world import World

LOOPBACK = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: Any) -> None:
        """Do nothing: the sandbox has its own log of calls."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status without the server's `Date`: the answer has the sandbox's."""
        self.send_response_only(code, message)

    def connection_dropped(self, *_: Any) -> None:
        """Close the connection that a fault has cut."""
        self.close_connection = True


class Sandbox:
    """A running sandbox, on loopback by default. It is a context manager."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        """Create the sandbox; it does not listen yet.

        Args:
            options: Size, speed and limits.
        """
        self.options = options or SandboxOptions()
        self.instance = Instance(self.options)
        self.control = Control(self.instance)
        self.client_id, self.client_secret = next(iter(self.options.users.items()))
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server(
            self.options.host,
            self.options.port,
            make_app(self.instance),
            threaded=True,
            ssl_context=certificate(Path(self.options.tls)) if self.options.tls else None,
            request_handler=_Handler,
        )
        # Longest wait in `stop`.
        poll = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=poll, daemon=True)

    @property
    def base_url(self) -> str:
        """Base URL of the sandbox."""
        scheme = "https" if self.options.tls else "http"
        return f"{scheme}://{LOOPBACK}:{self._server.server_port}"

    @property
    def world(self) -> World:
        """The truth."""
        return self.instance.world

    @property
    def log(self) -> list[Call]:
        """The calls so far, without identity and control."""
        return self.instance.log

    @property
    def jobs(self) -> list[Job]:
        """The export jobs so far, of all callers."""
        return list(self.instance.queue.jobs.values())

    def start(self) -> None:
        """Start the server in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the server, if it was started."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self.stop()
