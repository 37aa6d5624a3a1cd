"""Parameters of exports and contents of their files: bulk-extract.md and its pages by type."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.caller import ACTIVITIES, FIELDS, LEADS, Caller, code, message

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

DAY = 86_400
START, END = "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z"
RANGE = {"startAt": START, "endAt": END}


def rows(file: bytes, delimiter: str = ",") -> list[list[str]]:
    csv.field_size_limit(1 << 24)
    text = io.StringIO(file.decode("utf-8").replace("\0", ""), newline="")
    return list(csv.reader(text, delimiter=delimiter))


@pytest.mark.parametrize(
    ("base", "changed", "expected"),
    [
        (LEADS, {"filter": {"updatedAt": RANGE}}, ""),
        (LEADS, {"filter": {"createdAt": RANGE}}, ""),
        (LEADS, {"filter": {}}, "1002"),
        (LEADS, {"filter": None}, "1002"),
        (LEADS, {"filter": {"createdAt": RANGE, "updatedAt": RANGE}}, "1003"),
        (LEADS, {"filter": {"changedAt": RANGE}}, "1003"),
        (LEADS, {"filter": {"updatedAt": {"startAt": START}}}, "1003"),
        (LEADS, {"filter": {"updatedAt": {**RANGE, "endAt": "2026-02-01T00:00:01Z"}}}, "1003"),
        (LEADS, {"filter": {"updatedAt": {**RANGE, "endAt": "2026-01-05T00:00:00.524Z"}}}, ""),
        (LEADS, {"filter": {"updatedAt": {"startAt": END, "endAt": START}}}, "1003"),
        (LEADS, {"filter": {"updatedAt": {**RANGE, "startAt": "2026-01-02T00:00:00+0100"}}}, ""),
        (LEADS, {"filter": {"updatedAt": {**RANGE, "endAt": "2026-13-01T00:00:00Z"}}}, "1003"),
        (LEADS, {"fields": []}, "1002"),
        (LEADS, {"fields": ["id", "Email"]}, "1006"),
        (LEADS, {"format": "TSV"}, ""),
        (LEADS, {"format": "SSV"}, ""),
        (LEADS, {"fields": ["id", "fullNameFormula", "daysSinceContact", "ecids"]}, ""),
        (ACTIVITIES, {"fields": None}, ""),
        (ACTIVITIES, {"fields": []}, ""),
        (LEADS, {"format": "XLSX"}, "1003"),
        (ACTIVITIES, {"filter": {"createdAt": RANGE, "activityTypeIds": [1, 6]}}, ""),
        (ACTIVITIES, {"filter": {"activityTypeIds": [1]}}, "1002"),
        (ACTIVITIES, {"filter": {"createdAt": RANGE, "activityTypeIds": ["Send"]}}, "1001"),
        (ACTIVITIES, {"fields": ["marketoGUID", "emailAddress"]}, "1006"),
        (
            ACTIVITIES,
            {"filter": {"createdAt": RANGE, "primaryAttributeValueIds": [1]}},
            "1003",
        ),
        (
            ACTIVITIES,
            {
                "filter": {
                    "createdAt": RANGE,
                    "activityTypeIds": [13],
                    "primaryAttributeValueIds": list(range(51)),
                }
            },
            "1003",
        ),
        (
            ACTIVITIES,
            {
                "filter": {
                    "createdAt": RANGE,
                    "activityTypeIds": [6],
                    "primaryAttributeValueIds": [1],
                }
            },
            "1003",
        ),
    ],
)
def test_what_may_be_asked_for(
    sandbox: Sandbox, base: str, changed: dict[str, Any], expected: str
) -> None:
    assert code(Caller(sandbox).create(base, **changed)) == expected


def test_an_unknown_field_is_named(sandbox: Sandbox) -> None:
    assert "'Email'" in message(Caller(sandbox).create(fields=["id", "Email"]))


def test_a_body_that_is_no_json_is_609_and_one_of_another_type_612(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    path, text = f"{LEADS}/create.json", "{'fields': ['id']}"
    json_type, form = ({"Content-Type": kind} for kind in ("application/json", "text/plain"))

    assert code(caller.call("POST", path, data=text, headers=json_type).json()) == "609"
    assert code(caller.call("POST", path, data=text, headers=form).json()) == "612"


def test_a_subscription_can_lack_the_updated_at_filter(start_sandbox: StartSandbox) -> None:
    caller = Caller(start_sandbox(without_updated_at=("leads",)))

    refused = caller.create(filter={"updatedAt": RANGE})

    assert code(refused) == "1035"
    assert message(refused).startswith("Unsupported filter type for target subscription")
    assert code(caller.create(filter={"createdAt": RANGE})) == ""


def test_a_file_is_what_its_job_says(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued(columnHeaderNames={"email": "E-Mail"})
    job, file = caller.status(export_id), caller.file(export_id)

    assert file.headers["Content-Type"].startswith("text/csv")
    assert len(file.content) == job["fileSize"]
    assert job["fileChecksum"] == f"sha256:{hashlib.sha256(file.content).hexdigest()}"
    header, *records = rows(file.content)
    assert header == ["id", "E-Mail"]
    assert len(records) == job["numberOfRecords"] > 0


def test_tsv_is_separated_by_tabs(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)

    text = caller.file(caller.queued(format="TSV")).text

    assert text.startswith("id\temail\n")


def test_both_ends_of_a_range_are_inclusive(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    found = sorted(sandbox.world.leads.values(), key=lambda lead: lead.changed)[-3:]
    window = {
        "startAt": f"{found[0].changed:%Y-%m-%dT%H:%M:%SZ}",
        "endAt": f"{found[2].changed:%Y-%m-%dT%H:%M:%SZ}",
    }

    _, *records = rows(caller.file(caller.queued(filter={"updatedAt": window})).content)

    assert [int(record[0]) for record in records] == [lead.values["id"] for lead in found]


def test_the_updated_at_filter_sees_changes_that_the_field_does_not_show(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.advance(60)
    changed = sandbox.control.change_leads(4)
    fields = ["id", "updatedAt"]

    file = caller.file(caller.queued(fields=fields, filter={"updatedAt": caller.window(0.0005)}))

    _, *records = rows(file.content)
    assert [int(record[0]) for record in records] == changed
    now = f"{sandbox.instance.clock.now():%Y-%m-%dT%H:%M}"
    assert [record[1].startswith(now) for record in records].count(False) == 2


def test_activities_are_found_by_type_and_primary_attribute(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    truth = [activity for activity in sandbox.world.activities if activity.type_id == 13][-1]
    window = caller.window(31)
    fields = ["marketoGUID", "activityTypeId", "primaryAttributeValueId"]

    file = caller.file(
        caller.queued(
            ACTIVITIES,
            fields=fields,
            filter={
                "createdAt": window,
                "activityTypeIds": [13],
                "primaryAttributeValueIds": [truth.primary_id],
            },
        ),
        ACTIVITIES,
    )

    _, *records = rows(file.content)
    assert [truth.guid, "13", str(truth.primary_id)] in records
    assert {(record[1], record[2]) for record in records} == {("13", str(truth.primary_id))}


def test_deletions_are_never_exported(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    sandbox.control.delete_leads(5)
    window = {"createdAt": caller.window(1)}

    _, *records = rows(
        caller.file(
            caller.queued(ACTIVITIES, fields=["activityTypeId"], filter=window), ACTIVITIES
        ).content
    )

    assert ["37"] not in records


def test_a_file_is_404_until_it_is_complete(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(job_seconds=60)
    caller = Caller(sandbox)
    export_id = caller.queued()

    early = caller.file(export_id)

    assert early.status_code == 404
    assert early.headers["Content-Type"].startswith("text/plain")
    assert caller.file("made-up").status_code == 404
    sandbox.control.advance(61)
    assert caller.file(export_id).status_code == 200


def test_a_file_is_gone_after_seven_days(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(token_seconds=100 * DAY)
    caller = Caller(sandbox)
    export_id = caller.queued()
    caller.status(export_id)
    sandbox.control.advance(7 * DAY - 60)
    assert caller.file(export_id).status_code == 200

    sandbox.control.advance(120)
    assert caller.file(export_id).status_code == 404
    assert caller.status(export_id)["status"] == "Completed"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 9), ("bytes=10-", 10, None), ("bytes=5-99999999", 5, None)],
)
def test_a_range_of_a_file(sandbox: Sandbox, asked: str, start: int, end: int | None) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued()
    whole = caller.file(export_id).content
    last = len(whole) - 1 if end is None else end

    part = caller.file(export_id, Range=asked)

    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes {start}-{last}/{len(whole)}"
    assert part.content == whole[start : last + 1]


def test_a_range_beyond_the_end_is_416(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued()
    size = len(caller.file(export_id).content)

    answer = caller.file(export_id, Range=f"bytes={size}-")

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked",
    [{"Range": "bytes=9-3"}, {"Range": "lines=0-3"}, {"Range": "bytes=0-3", "If-Range": '"x"'}],
)
def test_a_range_that_does_not_hold_gives_the_whole_file(
    sandbox: Sandbox, asked: dict[str, str]
) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued()

    answer = caller.file(export_id, **asked)

    assert answer.status_code == 200
    assert answer.content == caller.file(export_id).content


def test_rest_is_compressed_when_asked_and_bulk_never(sandbox: Sandbox) -> None:
    caller = Caller(sandbox)
    export_id = caller.queued(filter={"updatedAt": caller.window(31)})
    large = caller.call("GET", "/rest/v1/activities/types.json")
    plain = {"Accept-Encoding": "identity"}

    assert large.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in caller.call("GET", "/rest/v1/stats/usage.json").headers
    assert "Content-Encoding" not in caller.file(export_id).headers
    uncompressed = caller.call("GET", "/rest/v1/activities/types.json", headers=plain)
    assert "Content-Encoding" not in uncompressed.headers
    assert uncompressed.json()["result"] == large.json()["result"]


@pytest.mark.parametrize("base", [LEADS, ACTIVITIES])
def test_the_same_seed_makes_the_same_bytes(start_sandbox: StartSandbox, base: str) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

    def exported(seed: int) -> str:
        sandbox = start_sandbox(seed=seed, now=now, start=now - timedelta(days=60))
        caller = Caller(sandbox)
        fields = FIELDS[base] + (["attributes"] if base == ACTIVITIES else ["leadScore"])
        window = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-01T00:00:00Z"}
        name = "createdAt" if base == ACTIVITIES else "updatedAt"
        export_id = caller.queued(base, fields=fields, filter={name: window})
        return str(caller.status(export_id, base)["fileChecksum"])

    assert exported(1) == exported(1)
    assert exported(1) != exported(2)
