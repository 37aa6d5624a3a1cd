"""SQL that writes the tables of a `World` as a loader does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.support.dbt_world import COLUMNS, FIELDS, KINDS, World

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "marketo"
ACTIVITY = {
    "marketo_guid": "text",
    "lead_id": "bigint",
    "activity_date": "timestamp",
    "activity_type_id": "bigint",
    "campaign_id": "bigint",
    "primary_attribute_value": "text",
    "primary_attribute_value_id": "bigint",
    "_sdc_extracted_at": "timestamp",
}
MAIL = {**ACTIVITY, "campaign_run_id": "bigint"}
TABLES: dict[str, dict[str, str]] = {
    "leads": {
        "id": "bigint",
        "created_at": "timestamp",
        "updated_at": "timestamp",
        **{COLUMNS[name]: KINDS.get(kind, "text") for name, (kind, _) in FIELDS.items()},
        "_sdc_extracted_at": "timestamp",
    },
    "lead_describe": {
        "id": "bigint",
        "data_type": "text",
        "display_name": "text",
        "rest": "json",
        "soap": "json",
    },
    "activity_change_data_value": {**ACTIVITY, "old_value": "text", "new_value": "text"},
    "activity_merge_leads": {**ACTIVITY, "merge_ids": "text"},
    "deleted_leads": {**ACTIVITY, "attributes": "json"},
    "smart_campaigns": {
        "id": "bigint",
        "name": "text",
        "folder": "json",
        "recurrence": "json",
        "updated_at": "timestamp",
    },
    "campaigns": {"id": "bigint", "name": "text", "active": "boolean", "program_id": "bigint"},
    "programs": {"id": "bigint", "name": "text", "updated_at": "timestamp"},
    "emails": {
        "id": "bigint",
        "name": "text",
        "subject": "json",
        "folder": "json",
        "created_at": "timestamp",
        "updated_at": "timestamp",
    },
    "activity_send_email": MAIL,
    "activity_email_delivered": MAIL,
    "activity_email_bounced": {**MAIL, "category": "text", "subcategory": "text"},
    "activity_open_email": MAIL,
    "activity_click_email": MAIL,
    "activity_unsubscribe_email": MAIL,
}


def load(world: World, *, marks: bool) -> Iterator[str]:
    """Statements that write all tables in their current state.

    Args:
        world: Data to load.
        marks: Whether leads has the column that capture_deletes adds.
    """
    yield f"create schema if not exists {SCHEMA}"
    for table, columns in TABLES.items():
        if table == "leads" and marks:
            columns = {**columns, "_sdc_deleted_at": "timestamp"}  # noqa: PLW2901
        yield f"drop table if exists {SCHEMA}.{table} cascade"
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        yield f"create table {SCHEMA}.{table} ({listed})"
        records = rows(world, table)
        for start in range(0, len(records), 500):
            values = ", ".join(
                f"({', '.join(literal(row.get(name)) for name in columns)})"
                for row in records[start : start + 500]
            )
            yield f"insert into {SCHEMA}.{table} values {values}"


def rows(world: World, table: str) -> list[dict[str, Any]]:
    """Rows of a table."""
    if table == "leads":
        return [
            {
                "id": lead.id,
                "created_at": lead.created,
                "updated_at": lead.updated,
                **{COLUMNS[name]: value for name, value in lead.values.items()},
                "_sdc_extracted_at": lead.loaded_at,
                "_sdc_deleted_at": lead.marked_at,
            }
            for lead in world.leads.values()
        ]
    if table == "lead_describe":
        return [
            {
                "id": 1000 + number,
                "data_type": kind,
                "display_name": f"Field {name}",
                "rest": json.dumps({"name": name, "readOnly": False}),
            }
            for number, (name, (kind, _)) in enumerate(FIELDS.items())
        ]
    listed = {
        "activity_change_data_value": world.changes,
        "activity_merge_leads": world.merges,
        "deleted_leads": world.deleted,
        **world.mail,
    }
    return listed[table] if table in listed else assets(world, table)


def assets(world: World, table: str) -> list[dict[str, Any]]:
    """Rows of emails, programs, campaigns or smart_campaigns."""
    first = world.leads[100].created
    if table == "emails":
        return [
            {
                "id": number,
                "name": name,
                "subject": json.dumps({"type": "Text", "value": f"About {name}"}),
                "folder": json.dumps({"type": "Program", "value": 1}),
                "created_at": first,
                "updated_at": world.emails_changed.get(number, first),
            }
            for number, name in world.names["email"].items()
        ]
    if table == "programs":
        return [{"id": number, "name": name} for number, name in world.names["program"].items()]
    return [
        {
            "id": number,
            "name": name,
            "active": True,
            "program_id": program_of(number),
            "folder": json.dumps({"id": 7, "type": "Folder"}),
            "recurrence": json.dumps({"weekOfMonth": 2, "startAt": "2026-09-02T08:00:00Z+0000"}),
        }
        for number, name in world.names["campaign"].items()
    ]


def program_of(campaign: int) -> int:
    """The program of a campaign; several campaigns share one."""
    return campaign % 4 + 1


def literal(value: Any) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
