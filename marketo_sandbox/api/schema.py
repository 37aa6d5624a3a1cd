"""The metadata of fields and custom objects, which needs separate permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.api import parameters
from marketo_sandbox.api.objects import custom_object, description, refuse_crm
from marketo_sandbox.api.parameters import page, without_empty
from marketo_sandbox.api.route import Route
from marketo_sandbox.export import Refused
from marketo_sandbox.fields import CUSTOM, display_name
from marketo_sandbox.linked import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.server import Call, Instance

Answer = dict[str, Any]
DATA_TYPES = ("boolean", "currency", "date", "datetime", "email", "float", "integer", "link",
              "percent", "phone", "score", "string", "text", "url")  # fmt: skip


def _field(name: str, kind: str, *, custom: bool) -> Answer:
    return {
        "name": name,
        "displayName": display_name(name),
        "dataType": kind,
        **({"length": 255} if kind in {"string", "email", "phone", "url"} else {}),
        "isHidden": False,
        "isHtmlEncodingInEmail": True,
        "isSensitive": False,
        "isCustom": custom,
        "isApiCreated": False,
    }


def _lead_fields(instance: Instance) -> list[Answer]:
    return [
        _field(name, kind, custom=name in CUSTOM) for name, kind in instance.world.fields.items()
    ]


def _member_fields(instance: Instance) -> list[Answer]:
    return [
        _field(name, kind, custom="__c" in name)
        for name, (_, kind) in instance.members.fields.items()
    ]


def _fields_of(name: str) -> Callable[[Instance], list[Answer]]:
    def fields(instance: Instance) -> list[Answer]:
        refuse_crm(instance, name)
        return [
            _field(field["name"], field["dataType"], custom=False)
            for field in description(name)["fields"]
        ]

    return fields


def _all(fields: Callable[[Instance], list[Answer]]) -> Callable[..., Answer]:
    return lambda instance, _: page(fields(instance))


def _one(fields: Callable[[Instance], list[Answer]]) -> Callable[..., Answer]:
    def answer(instance: Instance, _: Call, name: str) -> Answer:
        for field in fields(instance):
            if field["name"] == name:
                return {"result": [field]}
        raise Refused("1006", f"Field '{name}' not found")

    return answer


def _members(instance: Instance, _: Call) -> Answer:
    fields = instance.members.describe()
    searchable = [["leadId"], ["statusName"], ["reachedSuccess"], ["updatedAt"]]
    shown = {
        "name": "API Program Membership",
        "description": "Program membership",
        "createdAt": "2020-01-01T00:00:00Z",
        "updatedAt": "2020-01-01T00:00:00Z",
        "dedupeFields": ["leadId", "programId"],
        "searchableFields": searchable,
        "fields": fields,
    }
    return {"result": [shown]}


def _types(instance: Instance, _: Call) -> Answer:
    wanted, state = parameters.names("names"), parameters.text("state")
    if state not in {"", "draft", "approved", "approvedWithDraft"}:
        raise Refused("1003", f"Invalid value '{state}' for state")
    shown = [
        _schema(kind.described())
        for name, kind in instance.custom_objects.items()
        if (not wanted or name in wanted) and state in {"", kind.state}
    ]
    return {"result": shown}


def _schema(answer: Answer) -> Answer:
    shown = without_empty(answer)
    return {"apiName": shown.pop("name"), **shown}


def _type(instance: Instance, _: Call, name: str) -> Answer:
    kind, state = custom_object(instance, name), parameters.text("state")
    if state and state != kind.state:
        raise Refused("1013", f"Custom object '{name}' has no version that is {state}")
    return {"result": [_schema(kind.described())]}


def _data_types(_instance: Instance, _: Call) -> Answer:
    return {"result": list(DATA_TYPES)}


def _linkable(_instance: Instance, _: Call) -> Answer:
    lead = {
        "name": "Lead",
        "displayName": "Lead",
        "fields": [
            {"name": "id", "displayName": "Id", "dataType": "integer"},
            {"name": "email", "displayName": "Email Address", "dataType": "email"},
        ],
    }
    company = {
        "name": "Company",
        "displayName": "Company",
        "fields": [{"name": "id", "displayName": "Id", "dataType": "integer"}],
    }
    return {"result": [lead, company]}


def _dependent(instance: Instance, _: Call, name: str) -> Answer:
    kind = custom_object(instance, name)
    records = instance.library.records["smart_lists"][:1]
    used = [next(iter(kind.fields))]
    return {
        "result": [
            {
                "assetType": "Smart List",
                "assetId": record["id"],
                "assetName": record["name"],
                "usedFields": used,
            }
            for record in records
        ]
    }


_V1 = "/rest/v1"
STANDARD, TYPE = "Read-Write Schema Standard Field", "Read-Only Custom Object Type"
_LEAD = "Read-Only Lead"
_OBJECTS = (
    ("leads", _lead_fields),
    ("programs/members", _member_fields),
    *((KINDS[name].path, _fields_of(name))
      for name in ("companies", "opportunities", "named_accounts")),
)  # fmt: skip
ROUTES = (
    *(Route(rf"{_V1}/{path}/schema/fields\.json", _all(fields), STANDARD)
      for path, fields in _OBJECTS),
    *(Route(rf"{_V1}/{path}/schema/fields/([^/]+)\.json", _one(fields), STANDARD)
      for path, fields in _OBJECTS),
    Route(rf"{_V1}/programs?/members/describe\.json", _members, _LEAD),
    Route(rf"{_V1}/customobjects/schema\.json", _types, TYPE),
    Route(rf"{_V1}/customobjects/schema/fieldDataTypes\.json", _data_types, TYPE),
    Route(rf"{_V1}/customobjects/schema/linkableObjects\.json", _linkable, TYPE),
    Route(rf"{_V1}/customobjects/schema/([^/]+)/describe\.json", _type, TYPE),
    Route(rf"{_V1}/customobjects/schema/([^/]+)/dependentAssets\.json", _dependent, TYPE),
)  # fmt: skip
