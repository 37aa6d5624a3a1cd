"""The HTTP server: authentication, limits, faults and dispatch of calls."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import posixpath
import re
import socket
import struct
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from marketo_sandbox import members
from marketo_sandbox.api import routes
from marketo_sandbox.api.exports import Raw
from marketo_sandbox.api.parameters import encode_token
from marketo_sandbox.api.users import PREFIX, STATUSES
from marketo_sandbox.clock import Clock
from marketo_sandbox.control import control
from marketo_sandbox.custom_objects import all_types
from marketo_sandbox.export import Refused
from marketo_sandbox.faults import Fault, Faults
from marketo_sandbox.library import Library
from marketo_sandbox.limits import Limits, Tokens
from marketo_sandbox.linked import KINDS as LINKED_KINDS
from marketo_sandbox.linked import Linked
from marketo_sandbox.members import ProgramMembers
from marketo_sandbox.queue import Queue
from marketo_sandbox.truth import truth
from marketo_sandbox.world import World
from marketo_sandbox.world.activity_types import external_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from marketo_sandbox.api.imports import Batch
    from marketo_sandbox.api.route import Route
    from marketo_sandbox.options import SandboxOptions

Answer = dict[str, Any]
CHUNK = 64 * 1024
LONGEST_URL, LARGEST_BODY = 8 * 1024, 1024 * 1024
COMPRESSED_FROM = 1024
logger = logging.getLogger("marketo-sandbox")


@dataclass
class Call:
    """A call in the log."""

    method: str
    path: str
    user: str
    at: float
    status: int = 200
    code: str = ""
    bytes: int = 0


@dataclass
class Instance:
    """Everything behind the server."""

    options: SandboxOptions
    clock: Clock = field(init=False)
    library: Library = field(init=False)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        """Create the data and empty queues."""
        self.clock = Clock(self.options.time_scale, self.options.now)
        self.library = Library(self.options, self.clock)
        self.world = World(self.options, self.clock, self.library)
        self.library.records["custom_activity_types"] = external_types(
            self.world.types, self.library.start
        )
        self.linked_kinds = tuple(LINKED_KINDS)
        self.linked = Linked(self.world, self.options.assets)
        self.members = ProgramMembers(self.world, self.library)
        self.custom_objects = all_types(self.world)
        self.library.records["custom_object_types"] = [
            kind.listed() for kind in self.custom_objects.values()
        ]
        self.world.sources[members.KIND] = self.members
        for name, kind in self.custom_objects.items():
            self.world.sources[f"customobjects/{name}"] = kind
        self.queue = Queue(self.world)
        self.tokens = Tokens(self.options, self.clock)
        self.limits = Limits(self.options, self.clock)
        self.faults = Faults()
        self.log: list[Call] = []
        self.denied: set[str] = set()
        self.imports: dict[int, Batch] = {}
        self._runs = itertools.count(500_000)

    def allow(self, user: str, permission: str) -> None:
        """Refuse a caller without a permission; Read-Write includes Read-Only.

        Args:
            user: API user.
            permission: Required permission.

        Raises:
            Refused: 603.
        """
        both = {permission, permission.replace("Read-Only", "Read-Write")}
        own = self.options.permissions.get(user)
        if permission in self.denied or (
            own is not None and permission != "None" and not both & set(own)
        ):
            raise Refused("603", "Access denied")

    def next_run(self) -> int:
        """A unique number."""
        return next(self._runs)

    def import_seconds(self) -> float:
        """Duration of a bulk import."""
        return self.options.import_seconds

    def truth(self) -> dict[str, Callable[[], Iterable[dict[str, Any]]]]:
        """The expected records of each object by stream, created when called."""
        return truth(self)

    def delete_custom_object_type(self, name: str) -> None:
        """Remove a type with its records.

        Args:
            name: API name of the type.
        """
        with self.world.lock:
            del self.custom_objects[name], self.world.sources[f"customobjects/{name}"]
            listed = self.library.records["custom_object_types"]
            listed[:] = [type_ for type_ in listed if type_["name"] != name]


def make_app(instance: Instance) -> Flask:
    """The WSGI application of an instance.

    Args:
        instance: Instance to serve.
    """
    app = Flask("marketo-sandbox")
    # A cut connection must reach the server as an exception, not become an HTTP 500.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.url_map.merge_slashes = False
    app.register_blueprint(control(instance), url_prefix="/_sandbox")

    @app.route("/identity/oauth/token", methods=["GET", "POST"])
    def identity() -> Response:
        fault = instance.faults.take(request.method, request.path)
        if fault:
            return _fault(fault, None)
        values = request.values
        issued = instance.tokens.issue(values.get("client_id", ""), values.get("client_secret", ""))
        if values.get("grant_type") != "client_credentials" or issued is None:
            return _json(
                {"error": "unauthorized", "error_description": "Bad client credentials"}, 401
            )
        token, seconds = issued
        scope = f"{values.get('client_id')}@sandbox.example.com"
        response = _json(
            {"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": scope}
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.route("/<path:path>", methods=["GET", "POST", "DELETE", "PUT"])
    def api(path: str) -> Response:  # noqa: ARG001 - the whole path is in the request
        call = Call(request.method, request.path, "", time.time())
        instance.log.append(call)
        fault = instance.faults.take(request.method, request.path)
        response = _too_large() or _answer(instance, call, fault)
        call.status = response.status_code
        return response

    @app.after_request
    def set_date(response: Response) -> Response:
        response.headers["Date"] = instance.clock.http_date()
        return response

    return app


def _too_large() -> Response | None:
    """Calls that the gateway refuses unread. Source: error-codes.md."""
    url, body = len(request.full_path), request.content_length or 0
    if url > LONGEST_URL * (8 if request.path.startswith("/rest/asset/") else 1):
        return Response("URI too long", 414, mimetype="text/plain")
    if body > LARGEST_BODY * (10 if request.path.startswith("/bulk/") else 1):
        return Response("Request entity too large", 413, mimetype="text/plain")
    return None


def _answer(instance: Instance, call: Call, fault: Fault | None) -> Response:
    try:
        if "access_token" in request.args and not instance.options.token_in_query:
            raise Refused("600", "The access token belongs into the Authorization header")
        token = request.headers.get("Authorization")
        if not token and "access_token" in request.args:
            token = f"Bearer {request.args['access_token']}"
        call.user = instance.tokens.owner(token)
        instance.limits.enter(call.user)
    except Refused as refused:
        call.code = refused.code
        instance.limits.errors_today[refused.code] += 1
        return _envelope(error=refused)
    try:
        response = _serve(instance, call, fault)
    except Refused as refused:
        call.code = refused.code
        instance.limits.free(call.user, refused.code)
        instance.limits.leave()
        if refused.code == "404":
            return Response(refused.message, 404, mimetype="text/plain")
        return _envelope(error=refused)
    except ConnectionAbortedError:
        instance.limits.leave()
        raise
    except Exception:
        instance.limits.leave()
        logger.exception("%s %s failed in the sandbox", call.method, call.path)
        call.code = "611"
        return _envelope(error=Refused("611", "System error"))
    if response.is_streamed:
        response.call_on_close(instance.limits.leave)
    else:
        instance.limits.leave()
    return response


def _serve(instance: Instance, call: Call, fault: Fault | None) -> Response:
    if fault and fault.kind == "error":
        raise Refused(fault.code, fault.message)
    route, arguments = _route(_method(call), call.path)
    instance.allow(call.user, route.permission)
    if fault and fault.kind in {"http", "html", "empty", "body", "reset", "timeout",
                                "missing_file", "unlabelled_error"}:  # fmt: skip
        return _fault(fault, instance)
    if fault and fault.kind == "slow":
        time.sleep(fault.seconds)
    answer = route.handler(instance, call, *arguments)
    if fault and fault.kind == "unanswered":
        _close_connection()
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, Raw):
        return _file(instance, call, answer, fault)
    if fault and fault.kind == "empty_page":
        token = request.values.get("nextPageToken", encode_token("0"))
        answer |= {"result": [], "nextPageToken": token}
        answer |= {"moreResult": True} if "moreResult" in answer else {}
    return _compressed(_envelope(answer))


def _method(call: Call) -> str:
    """The effective method: `_method` in the query or form overrides that of a POST."""
    if call.method != "POST":
        return call.method
    override = request.args.get("_method", "").upper()
    if not override and request.mimetype == "application/x-www-form-urlencoded":
        override = request.form.get("_method", "").upper()
    return override if override in {"GET", "DELETE"} else "POST"


def _route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    if "/../" in path:  # some clients join paths like this
        path = posixpath.normpath(path)
    try:
        return routes.find(method, path)
    except Refused as refused:
        problem = (
            "no endpoint" if refused.code == "610" else f"not open to {method}: it is no endpoint"
        )
        logger.warning(
            "%s %s is %s of the sandbox: answered with %s", method, path, problem, refused.code
        )
        raise


def _fault(fault: Fault, instance: Instance | None) -> Response:  # noqa: ARG001
    if fault.kind in {"reset", "timeout"}:
        if fault.kind == "timeout":
            time.sleep(fault.seconds)
        _close_connection()
    if fault.kind == "error":
        return _envelope(error=Refused(fault.code, fault.message))
    if fault.kind in {"empty", "body"}:
        text = b"" if fault.kind == "empty" else json.dumps(fault.body)
        return Response(text, 200, mimetype="application/json")
    if fault.kind == "missing_file":
        return Response("File not found", 404, mimetype="text/plain")
    if fault.kind == "unlabelled_error":
        body = _envelope(error=Refused(fault.code, fault.message)).get_data()
        return Response(body, 200, mimetype="text/csv")
    status = 200 if fault.kind == "html" else fault.status
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else None
    return Response("<html><body>The gateway is tired.</body></html>", status, headers)


def _close_connection() -> None:
    """Cut the connection: the caller sees a reset."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise ConnectionAbortedError


def _file(instance: Instance, call: Call, raw: Raw, fault: Fault | None) -> Response:
    size = raw.file.size
    kind = fault.kind if fault else ""
    start, end = 0, size - 1
    wanted = None if kind == "ignore_range" else _range()
    if wanted:
        start, end = wanted[0], min(size - 1 if wanted[1] is None else wanted[1], size - 1)
        if start >= size:
            about = {"Content-Range": f"bytes */{size}"}
            return Response("Range not satisfiable", 416, about, mimetype="text/plain")
    length = end - start + 1
    if fault and kind == "shorten":
        length = min(length, fault.bytes)
    stop = min(length, fault.bytes) if fault and kind == "truncate" else length

    def chunks() -> Iterator[bytes]:
        position, left = start, stop
        speed = instance.options.download_bytes_per_second
        while left > 0:
            chunk = raw.read(position, min(CHUNK, left))
            position, left = position + len(chunk), left - len(chunk)
            call.bytes += len(chunk)
            if kind == "corrupt" and position - len(chunk) == start:
                chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
            yield chunk
            if speed:
                time.sleep(len(chunk) / speed)
        if stop < length:
            _close_connection()

    headers = {"Content-Length": str(length)}
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 206 if wanted else 200
    headers["Accept-Ranges"] = "bytes"
    return Response(chunks(), status, headers, content_type="text/csv;charset=UTF-8")


def _range() -> tuple[int, int | None] | None:
    """First and last requested byte; an invalid range is ignored."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    # Files have no ETag or date for If-Range.
    if not match or "If-Range" in request.headers:
        return None
    first, last = int(match[1]), int(match[2]) if match[2] else None
    return None if last is not None and last < first else (first, last)


def _compressed(response: Response) -> Response:
    """Compress large answers on request. Source: performance.md."""
    accepted = request.accept_encodings["gzip"] > 0 and not request.path.startswith("/bulk/")
    if accepted and len(response.data) >= COMPRESSED_FROM:
        response.data = gzip.compress(response.data, 1)
        response.headers["Content-Encoding"] = "gzip"
    return response


def _envelope(
    answer: Answer | list[Any] | None = None, *, error: Refused | None = None
) -> Response:
    if request.path.startswith(PREFIX):
        return _of_user_service(answer, error)
    if isinstance(answer, list):
        return _json(answer)
    stamp = int(time.time() * 1000)
    body: dict[str, Any] = {"requestId": f"{uuid.uuid4().hex[:4]}#{stamp:x}"}
    errors = [{"code": error.code, "message": error.message}] if error else []
    if request.path.startswith("/rest/asset/"):
        body |= {"success": not error, "errors": errors, "warnings": [], **(answer or {})}
    elif error:
        body |= {"success": False, "errors": errors}
    elif answer is not None:
        body |= {"success": True, **answer}
    return _json(body)


def _of_user_service(answer: Any, error: Refused | None) -> Response:
    """Answer of the user service: errors are HTTP statuses, and results have no envelope."""
    if error is None:
        return _json(answer)
    body = {"errors": [{"code": int(error.code), "message": error.message}]}
    return _json(body, STATUSES.get(error.code, 400))


def _json(body: dict[str, Any] | list[Any], status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type="application/json;charset=UTF-8")
