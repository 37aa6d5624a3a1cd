"""A fake Marketo with canned responses, for tests that check the bodies of calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter

from tap_marketo.client import MarketoClient


@dataclass
class Call:
    """A call that was made."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class FakeMarketo(BaseAdapter):
    """Answers calls with prepared responses, in order, and records the calls.

    Attributes:
        answers: Responses: JSON objects, file contents, or exceptions to raise.
        calls: The calls so far.
    """

    answers: list[Any]
    calls: list[Call] = field(default_factory=list)

    def client(self) -> MarketoClient:
        """A client that sends its calls to this object."""
        client = MarketoClient("http://127.0.0.1:1", "id", "secret", max_tries=1)
        client.session.auth = None
        client.session.mount("http://", self)
        return client

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        """Answer a call."""
        parts = urlsplit(str(request.url))
        text = request.body.decode() if isinstance(request.body, bytes) else request.body
        kind = request.headers.get("Content-Type", "")
        body: Any = text
        if text and "json" in kind:
            body = json.loads(text)
        elif text and "urlencoded" in kind:
            body = dict(parse_qsl(str(text)))
        self.calls.append(Call(str(request.method), parts.path, dict(parse_qsl(parts.query)), body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = 200
        is_text = isinstance(answer, str)
        response.headers["Content-Type"] = "text/csv" if is_text else "application/json"
        response._content = (answer if is_text else json.dumps(answer)).encode()
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        """Do nothing; no connection is open."""


def result(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A successful response."""
    return {"requestId": "1", "success": True, "result": list(items), **more}


def refusal(code: str, message: str = "no") -> dict[str, Any]:
    """A response with an error."""
    return {"requestId": "1", "success": False, "errors": [{"code": code, "message": message}]}
