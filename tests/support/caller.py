"""An HTTP client for the sandbox, written only from Adobe's documentation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

LEADS, ACTIVITIES = "/bulk/v1/leads/export", "/bulk/v1/activities/export"
FIELDS = {LEADS: ["id", "email"], ACTIVITIES: ["marketoGUID", "activityDate"]}
FILTER = {LEADS: "updatedAt", ACTIVITIES: "createdAt"}


class Caller:
    """An API user with a token.

    Attributes:
        token: Access token from the identity endpoint.
    """

    def __init__(self, sandbox: Sandbox, client_id: str = "") -> None:
        self.sandbox = sandbox
        self.client_id = client_id or sandbox.client_id
        self.token = self.identity().json()["access_token"]

    def identity(self, method: str = "GET", **changed: str) -> requests.Response:
        query = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.sandbox.options.users[self.client_id],
            **changed,
        }
        url = f"{self.sandbox.base_url}/identity/oauth/token"
        return requests.request(method, url, params=query, timeout=10)

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        url = self.sandbox.base_url + path
        return requests.request(method, url, headers=headers, timeout=10, **how)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        response = self.call("GET", path, params=params)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def post(self, path: str, json: Any = None) -> dict[str, Any]:
        response = self.call("POST", path, json=json)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def window(self, days: float = 30) -> dict[str, str]:
        """A date filter that ends now."""
        now = self.sandbox.instance.clock.now()
        return {
            "startAt": f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
            "endAt": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        }

    def create(self, base: str = LEADS, **changed: Any) -> dict[str, Any]:
        body = {"fields": FIELDS[base], "filter": {FILTER[base]: self.window()}, **changed}
        return self.post(f"{base}/create.json", body)

    def created(self, base: str = LEADS, **changed: Any) -> str:
        return str(self.create(base, **changed)["result"][0]["exportId"])

    def queued(self, base: str = LEADS, **changed: Any) -> str:
        export_id = self.created(base, **changed)
        response = self.post(f"{base}/{export_id}/enqueue.json")
        assert response["success"], response
        return export_id

    def status(self, export_id: str, base: str = LEADS) -> dict[str, Any]:
        return dict(self.get(f"{base}/{export_id}/status.json")["result"][0])

    def file(self, export_id: str, base: str = LEADS, **headers: str) -> requests.Response:
        return self.call("GET", f"{base}/{export_id}/file.json", headers=headers)

    def listed(self, base: str = LEADS, **params: Any) -> list[str]:
        return [job["exportId"] for job in self.get(f"{base}.json", **params)["result"]]


def code(body: dict[str, Any]) -> str:
    """The error code of a response; empty for a successful response."""
    assert body["success"] is not bool(body.get("errors"))
    return str(body["errors"][0]["code"]) if body.get("errors") else ""


def message(body: dict[str, Any]) -> str:
    """The error message of a response."""
    return str(body["errors"][0]["message"])
