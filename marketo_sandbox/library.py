"""Assets, lists of the lead database and users, created from a table of properties."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketo_sandbox import designer
from marketo_sandbox.clock import iso

if TYPE_CHECKING:
    from marketo_sandbox.clock import Clock
    from marketo_sandbox.options import SandboxOptions

Record = dict[str, Any]

_DATED = "createdAt:created updatedAt:updated"
_ASSET = f"id:id name:text description:text {_DATED} url:text folder:folder workspace:workspace"

# Properties and their kinds, by object; see `_value` for the kinds.
OBJECTS: dict[str, str] = {
    "programs": f"{_ASSET} status:status type:text channel:text startDate:created"
    " endDate:updated sfdcId:text sfdcName:text headStart:flag",
    "channels": f"id:id name:text applicableProgramType:text {_DATED} progressionStatuses:steps",
    "tag_types": "tagType:name applicableProgramTypes:text required:flag",
    "smart_campaigns": f"id:id name:text description:text {_DATED} type:text status:text"
    " isSystem:flag isActive:flag isRequestable:flag isCommunicationLimitEnabled:flag"
    " maxMembers:number smartListId:number flowId:number parentProgramId:number folder:folder"
    " workspace:workspace computedUrl:text recurrence:recurrence",
    "campaigns": f"id:id name:text description:text {_DATED} type:text active:flag"
    " programId:number programName:text workspaceName:workspace",
    "smart_lists": _ASSET,
    "static_lists": f"{_ASSET} computedUrl:text",
    "emails": f"{_ASSET} status:draft subject:header fromName:header fromEmail:header"
    " replyEmail:header operational:flag publishToMSI:flag template:number textOnly:flag"
    " version:number webView:flag autoCopyToText:flag preHeader:text",
    "email_templates": f"{_ASSET} status:draft version:number",
    "forms": f"id:id name:text description:text {_DATED} url:text status:draft folder:folder"
    " theme:text language:text locale:text progressiveProfiling:flag labelPosition:text"
    " fontFamily:text fontSize:text buttonLabel:text buttonLocation:number waitingLabel:text",
    "landing_pages": f"id:id name:text description:text {_DATED} URL:text computedUrl:text"
    " status:draft folder:folder workspace:workspace title:text keywords:text robots:text"
    " template:number customHeadHTML:text facebookOgTags:text formPrefill:flag mobileEnabled:flag",
    "landing_page_templates": f"{_ASSET} status:draft templateType:text enableMunchkin:flag",
    "landing_page_redirect_rules": f"id:id hostname:text redirectFromUrl:text redirectToUrl:text"
    f" redirectFrom:header redirectTo:header {_DATED}",
    "landing_page_domains": "hostname:name type:text",
    "snippets": f"{_ASSET} status:draft",
    "files": f"id:id name:text description:text {_DATED} url:text folder:folder mimeType:text"
    " size:number",
    "segmentations": f"{_ASSET} status:draft",
    "lead_partitions": "id:id name:text description:text",
    "custom_activity_types": f"id:id name:text apiName:text description:text status:draft {_DATED}",
    "users": "userid:name id:id emailAddress:text firstName:text lastName:text apiOnly:flag",
    "roles": f"id:id name:text description:text type:text isHidden:flag"
    f" isOnlyAllZones:flag {_DATED}",
    "workspaces": f"id:id name:text description:text status:text globalViz:number"
    f" currencyInfo:text {_DATED}",
}


TITLES = {
    "programs": "Program",
    "channels": "Channel",
    "smart_campaigns": "Smart Campaign",
    "smart_lists": "Smart List",
    "static_lists": "Static List",
    "emails": "Email",
    "email_templates": "Email Template",
    "forms": "Form",
    "landing_pages": "Landing Page",
    "landing_page_templates": "Landing Page Template",
    "snippets": "Snippet",
    "files": "File",
    "segmentations": "Segmentation",
    "lead_partitions": "Partition",
    "roles": "Role",
    "workspaces": "Workspace",
}
_FIRST_NAMES = {"workspaces": "Default", "lead_partitions": "Default"}
# Kinds of assets with every second one in a program and the others in the first folder.
_IN_PROGRAMS = ("smart_campaigns", "emails", "static_lists", "smart_lists", "forms",
                "landing_pages")  # fmt: skip
PROGRAM_TYPES = ("program", "event", "webinar", "nurture", "email")
ROOT_FOLDER = "Marketing Activities"


class Library:
    """The records of each object, as a correct reader returns them.

    Attributes:
        records: Records by name of the object.
        start: Start of the instance.
        now: Start of the sandbox.
    """

    def __init__(self, options: SandboxOptions, clock: Clock) -> None:
        """Create the records.

        Args:
            options: Options with their number.
            clock: Clock of the sandbox.
        """
        self.clock, count = clock, options.assets
        self.now = now = clock.now().replace(microsecond=0)
        self.start = start = (options.start or now - timedelta(days=365)).replace(microsecond=0)
        self.records = {
            name: [_record(name, number, start, now) for number in range(1, count + 1)]
            for name in OBJECTS
        }
        # Only a few, as on real instances: each costs its reader calls.
        del self.records["segmentations"][2:]
        del self.records["workspaces"][2:]
        self._connect(count)
        folders = [_folder(number, "Folder", start) for number in range(1, count + 1)]
        programs = [
            _folder(program["id"], "Program", start) for program in self.records["programs"]
        ]
        self.records["folders"] = folders + programs
        self.records |= designer.records(self, count)
        self._tokens: dict[tuple[str, int], list[Record]] = {}
        self._origin = {
            name: ([_created(record) for record in records], list(records))
            for name, records in self.records.items()
            if name in TITLES
        }

    def _connect(self, count: int) -> None:
        """Let records refer to other records."""
        for number, record in enumerate(self.records["smart_campaigns"], 1):
            record["smartListId"] = record["flowId"] = number
            record["parentProgramId"] = number if number % 2 == 0 else None
        for number, email in enumerate(self.records["emails"], 1):
            email["template"] = (number - 1) % max(1, count) + 1
        for number, page in enumerate(self.records["landing_pages"], 1):
            page["template"] = (number - 1) % max(1, count) + 1
        for name in _IN_PROGRAMS:
            for number, record in enumerate(self.records[name], 1):
                if number % 2 == 0:
                    folder = {"type": "Program", "value": number, "folderName": f"Program {number}"}
                    record["folder"] = folder
        for number, record in enumerate(self.records["campaigns"], 1):
            campaign = self.records["smart_campaigns"][number - 1]
            record |= {
                key: campaign[key] for key in ("name", "description", "createdAt", "updatedAt")
            }
            record["active"] = campaign["isActive"]
            record["type"] = "trigger" if campaign["isRequestable"] else "batch"
            program = campaign["parentProgramId"]
            record["programId"] = program
            record["programName"] = f"Program {program}" if program else None

    def depth(self, folder: Record) -> int:
        """Number of folders above a folder, plus one."""
        depth, by_id = 1, {parent["id"]: parent for parent in self.records["folders"]
                           if parent["folderId"]["type"] == "Folder"}  # fmt: skip
        while folder["parent"]:
            depth, folder = depth + 1, by_id[folder["parent"]["id"]]
        return depth

    def at(self, name: str, time: datetime, number: int) -> Record | None:
        """One of the records that existed at a time before the start.

        Args:
            name: Name of the object.
            time: Time at which the record existed.
            number: Number of any size that selects the record.
        """
        created, records = self._origin[name]
        alive = bisect_right(created, time)
        return records[number % alive] if alive else None

    def qualified(self, record: Record) -> str:
        """The name of an asset in activities, with its program's name in front.

        Args:
            record: The asset.
        """
        folder = record.get("folder") or {}
        name = str(record["name"])
        return f"{folder['folderName']}.{name}" if folder.get("type") == "Program" else name

    def change(self, name: str, count: int) -> list[int]:
        """Change the first records of an object now.

        Args:
            name: Name of the object.
            count: Number of records.

        Returns:
            Ids of these records.
        """
        now = iso(self.clock.now())
        changed = self.records[name][:count]
        for record in changed:
            record["description"] = f"changed {now[:10]}"
            if "metadata" in record:
                record["metadata"]["modifiedAt"] = now
            else:
                record["updatedAt"] = now
        return [record["id"] for record in changed]

    def tokens(self, kind: str, number: int) -> list[Record]:
        """The tokens of a folder or program.

        Args:
            kind: `Folder` or `Program`.
            number: Id of the folder or program.
        """
        if (kind, number) not in self._tokens:
            self._tokens[kind, number] = self.parts("tokens", f"{kind}{number}")
        return self._tokens[kind, number]

    def parts(self, name: str, parent: int | str) -> list[Record]:
        """The parts of a record.

        Args:
            name: Name of the part.
            parent: Id of the record.
        """
        rows = [{key: _part(kind, parent, n) for key, kind in PARTS[name].items()} for n in (1, 2)]
        if name == "email_content":  # one section has dynamic content
            dynamic = {"htmlId": "part3", "contentType": "DynamicContent", "value": f"{parent}03"}
            rows.append(dynamic)
        return rows


PARTS: dict[str, dict[str, str]] = {
    "program_tags": {"tagType": "tagType-{n}", "tagValue": "value of {p}"},
    "email_variables": {"name": "var{n}", "value": "{n} of {p}", "moduleScope": "?0"},
    "landing_page_content": {
        "id": "{n}",
        "type": "RichText",
        "index": "#{n}",
        "content": "<p>part {n} of {p}</p>",
    },
    "landing_page_variables": {"id": "var{n}", "type": "string", "value": "{n} of {p}"},
    "program_costs": {"startDate": "2015-0{n}-01", "cost": "#{n}00", "note": "cost of {p}"},
    "tokens": {"name": "my.token {n}", "type": "text", "value": "{p}/{n}", "computedUrl": "/{p}"},
    "form_fields": {
        "id": "Field{n}",
        "label": "Field {n} of {p}",
        "dataType": "text",
        "rowNumber": "#{n}",
        "columnNumber": "#0",
    },
    "segments": {"id": "#{p}{n}", "name": "Segment {n}", "segmentationId": "#{p}"},
    "email_content": {"htmlId": "part{n}", "contentType": "Text", "value": "text {n} of {p}"},
    "snippet_content": {"type": "HTML{n}", "content": "<p>{p}</p>"},
    "user_roles": {"accessRoleId": "#{n}", "accessRoleName": "Role {n}", "workspaceId": "#0"},
}


def _created(record: Record) -> datetime:
    text = record.get("createdAt", "2000-01-01T00:00:00Z")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _part(kind: str, parent: int | str, number: int) -> Any:
    text = kind.format(p=parent, n=number)
    if text.startswith("?"):
        return text == "?1"
    return int(text[1:]) if text.startswith("#") else text


def _record(name: str, number: int, start: datetime, now: datetime) -> Record:
    created = start + (now - start) * ((number - 1) / (number + 5))
    pairs = (part.split(":") for part in OBJECTS[name].split())
    record = {key: _value(kind, key, number, created.replace(microsecond=0)) for key, kind in pairs}
    if name in TITLES:
        record["name"] = f"{TITLES[name]} {number}"
        if number == 1 and name in _FIRST_NAMES:
            record["name"] = _FIRST_NAMES[name]
    if name == "programs":
        kind = PROGRAM_TYPES[(number - 1) % len(PROGRAM_TYPES)]
        record |= {"type": kind, "channel": f"Channel {number}"}
        record["headStart"] = number % 2 == 0 if kind == "email" else None
    return record


def _folder(number: int, kind: str, start: datetime) -> Record:
    at = iso(start + timedelta(minutes=number - 1))
    above = number if kind == "Program" else number // 2
    name = ROOT_FOLDER if kind == "Folder" and number == 1 else f"{kind} {number}"
    return {
        "id": number,
        "name": name,
        "description": None,
        "createdAt": at,
        "updatedAt": at,
        "folderId": {"id": number, "type": kind},
        "parent": {"id": above, "type": "Folder"} if above else None,
        "folderType": "Marketing Folder",
        "path": f"/{name}",
        "isArchive": number % 5 == 0,
        "isSystem": number == 1,
        "workspace": "Default",
    }


def _value(kind: str, name: str, number: int, created: datetime) -> Any:
    times = {"created": created, "updated": created + timedelta(hours=1)}
    if kind in times:
        return iso(times[kind])
    if kind == "recurrence":
        return {
            "startAt": iso(created),
            "intervalType": "Day",
            "interval": 1,
            "weekdayMask": ["Mo"],
        }
    return {
        "id": number,
        "name": f"{name}-{number}",
        "text": f"{name} {number}" if number % 4 or name == "name" else None,
        "number": number * 3,
        "flag": number % 2 == 0,
        "status": ("", "on", "off", "locked", "unlocked", "completed")[number % 6],
        "draft": ("approved", "draft")[number % 2],
        "workspace": "Default",
        "folder": {"type": "Folder", "value": 1, "folderName": ROOT_FOLDER},
        "header": {"type": "Text", "value": f"{name} of {number}"},
        "steps": [
            {"name": "Member", "step": 1, "success": False, "hidden": False},
            {"name": "Attended", "step": 2, "success": True, "hidden": False},
        ],
    }[kind]
