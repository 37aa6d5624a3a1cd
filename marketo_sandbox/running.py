"""A sandbox that answers: the instance behind a server on loopback."""

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
        """The calls are in the sandbox's own log."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without the server's own time: the sandbox's is in the answer already."""
        self.send_response_only(code, message)

    def connection_dropped(self, *_: Any) -> None:
        """A line that a fault has cut: no other request comes on it."""
        self.close_connection = True


class Sandbox:
    """A running sandbox, on loopback unless its options say otherwise; a context manager."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        """Make the data; nothing listens yet.

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
        # How long `stop` waits at most.
        poll = {"poll_interval": 0.02}
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs=poll, daemon=True)

    @property
    def base_url(self) -> str:
        """Where the sandbox answers."""
        scheme = "https" if self.options.tls else "http"
        return f"{scheme}://{LOOPBACK}:{self._server.server_port}"

    @property
    def world(self) -> World:
        """The truth."""
        return self.instance.world

    @property
    def log(self) -> list[Call]:
        """The calls so far, identity and control excluded."""
        return self.instance.log

    @property
    def jobs(self) -> list[Job]:
        """The export jobs so far, of all callers."""
        return list(self.instance.queue.jobs.values())

    def start(self) -> None:
        """Begin to answer, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering; that it never began is well too."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Begin to answer."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self.stop()
