"""Users, roles, workspaces, API usage and export jobs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import SKIPPABLE
from tap_marketo.client.paging import Paging
from tap_marketo.streams.bulk import custom_objects
from tap_marketo.streams.lists.base import MarketoStream
from tap_marketo.values.schema import (
    BOOLEAN,
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    group,
    many,
    record,
)

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

    from tap_marketo.tap import TapMarketo

_USERS = "/userservice/management/v1/users"


class UserServiceStream(MarketoStream):
    """A list of the user service, which answers with a bare array. Source: user-management.md."""

    is_array = True
    permissions = ("Access User Management Api", "Access Users")


class UsersStream(UserServiceStream):
    """Users. Source: user-management.md."""

    name = "users"
    path = f"{_USERS}/allusers.json"
    paging = Paging.USERS
    api_keys = ("userid",)
    api_schema = record(
        userid=TEXT, id=INTEGER, emailAddress=TEXT, firstName=TEXT, lastName=TEXT, apiOnly=BOOLEAN
    )
    child_fields = ("userid",)


class UserRolesStream(UserServiceStream):
    """Roles of users by workspace; workspace 0 means all. Source: user-management.md."""

    name = "user_roles"
    parent_stream_type = UsersStream
    path = f"{_USERS}/{{userid}}/roles.json"
    selected_by_default = False
    calls = "1 per user"
    parent_columns = (("userid", "userid"),)
    api_keys = ("userid", "accessRoleId", "workspaceId")
    api_schema = record(
        userid=TEXT,
        accessRoleId=INTEGER,
        accessRoleName=TEXT,
        workspaceId=INTEGER,
        workspaceName=TEXT,
    )


class RolesStream(UserServiceStream):
    """Roles. Source: user-management.md."""

    name = "roles"
    path = f"{_USERS}/roles.json"
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER,
        name=TEXT,
        description=TEXT,
        type=TEXT,
        isHidden=BOOLEAN,
        isOnlyAllZones=BOOLEAN,
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )

    def prepared(self, row: dict[str, Any], context: Context | None) -> dict[str, Any]:
        """Accept two names without `is`, as Adobe's guide spells them."""
        del context
        unprefixed = {"isHidden": row.get("hidden"), "isOnlyAllZones": row.get("onlyAllZones")}
        return {**unprefixed, **row}


class WorkspacesStream(UserServiceStream):
    """Workspaces. Source: user-management.md."""

    name = "workspaces"
    path = f"{_USERS}/workspaces.json"
    api_keys = ("id",)
    api_schema = record(
        id=INTEGER,
        name=TEXT,
        description=TEXT,
        status=TEXT,
        globalViz=INTEGER,
        currencyInfo=TEXT,
        createdAt=TIMESTAMP,
        updatedAt=TIMESTAMP,
    )


class ApiUsageDailyStream(MarketoStream):
    """API calls of the last seven days, by day and user. Source: usage.md."""

    name = "api_usage_daily"
    path = "/rest/v1/stats/usage/last7days.json"
    permissions = ()
    api_keys = ("date",)
    api_schema = record(date=DATE, total=INTEGER, users=many(group(userId=TEXT, count=INTEGER)))


class ApiErrorsDailyStream(MarketoStream):
    """API errors of the last seven days, by day and code. Source: usage.md."""

    name = "api_errors_daily"
    path = "/rest/v1/stats/errors/last7days.json"
    permissions = ()
    api_keys = ("date",)
    api_schema = record(date=DATE, total=INTEGER, errors=many(group(errorCode=TEXT, count=INTEGER)))


class ExportJobsStream(MarketoStream):
    """Export jobs of this API user in the last seven days. Source: bulk-extract.md."""

    name = "export_jobs"
    path = "/bulk/v1/{kind}/export.json"
    paging = Paging.TOKEN
    permissions = ("Read-Only Lead", "Read-Only Activity", "Read-Only Custom Object")
    calls = "4, 1 per custom object type, and 1 more per 300 jobs"
    api_keys = ("exportId",)
    api_schema = record(
        exportId=TEXT,
        kind=TEXT,
        status=TEXT,
        format=TEXT,
        createdAt=TIMESTAMP,
        queuedAt=TIMESTAMP,
        startedAt=TIMESTAMP,
        finishedAt=TIMESTAMP,
        numberOfRecords=INTEGER,
        fileSize=INTEGER,
        fileChecksum=TEXT,
        errorMsg=TEXT,
    )
    parent_columns = (("kind", "kind"),)

    def __init__(self, tap: TapMarketo) -> None:
        """See `MarketoStream`."""
        super().__init__(tap)
        self.state_partitioning_keys = []

    @cached_property
    def partitions(self) -> list[dict[str, Any]]:
        """One list per kind of job, and per custom object type."""
        kinds = ["leads", "activities", "program/members"]
        try:
            types = self.tap.client.get(custom_objects.TYPES, remember=True).result
        except SKIPPABLE:
            types = []  # then there are no such exports either
        names = [type_.get("name") or type_.get("apiName") for type_ in types]
        return [{"kind": kind} for kind in (*kinds, *(f"customobjects/{name}" for name in names))]

    def _place(self, context: Context | None) -> object:
        """The kind of job: the user may see some kinds and not others."""
        return (context or {}).get("kind")
