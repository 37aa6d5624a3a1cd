"""The data is consistent: references between records are correct."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from marketo_sandbox import Sandbox, SandboxOptions
from marketo_sandbox.fields import display_name

if TYPE_CHECKING:
    from marketo_sandbox.world import Activity

NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
SEND, DELIVERED, BOUNCED, UNSUBSCRIBED, OPENED, CLICKED, SOFT_BOUNCED = 6, 7, 8, 9, 10, 11, 27


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return made()


@pytest.fixture(scope="module")
def activities(sandbox: Sandbox) -> list[Activity]:
    return list(sandbox.world.activities)


def made(**options: Any) -> Sandbox:
    sandbox = Sandbox(SandboxOptions(**{"now": NOW, "retention": False, **options}))
    sandbox.stop()
    return sandbox


def ids(sandbox: Sandbox, name: str) -> set[int]:
    return {record["id"] for record in sandbox.instance.library.records[name]}


def test_what_happens_to_a_mail_belongs_to_a_send(activities: list[Activity]) -> None:
    def mail(one: Activity) -> tuple[Any, ...]:
        return (one.lead_id, one.primary_id, one.campaign_id, one.attributes["Campaign Run ID"])

    sent: dict[tuple[Any, ...], datetime] = {}
    reached: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    followed = 0
    for activity in activities:
        if activity.type_id == SEND:
            sent[mail(activity)] = activity.at
        elif activity.type_id in {DELIVERED, BOUNCED, SOFT_BOUNCED, OPENED, CLICKED, UNSUBSCRIBED}:
            followed += 1
            assert sent[mail(activity)] <= activity.at
            if activity.type_id in {OPENED, UNSUBSCRIBED}:
                assert mail(activity) in reached[DELIVERED]
            if activity.type_id == CLICKED:
                assert mail(activity) in reached[OPENED]
            reached[activity.type_id].add(mail(activity))
    assert followed > 500


def test_nobody_gets_mail_after_a_hard_bounce_or_without_wanting_it(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    lost: set[int] = set()
    for activity in activities:
        if activity.type_id in {BOUNCED, UNSUBSCRIBED}:
            lost.add(activity.lead_id)
        assert activity.type_id != SEND or activity.lead_id not in lost
    marked = {
        lead_id
        for lead_id, lead in sandbox.world.leads.items()
        if lead.values["unsubscribed"] or lead.values["emailInvalid"]
    }
    assert marked == lost


def test_ids_are_those_of_assets(sandbox: Sandbox, activities: list[Activity]) -> None:
    kinds = {6: "emails", 10: "emails", 24: "static_lists", 104: "programs", 2: "forms"}
    for activity in activities:
        if activity.type_id in kinds:
            assert activity.primary_id in ids(sandbox, kinds[activity.type_id])
        assert activity.campaign_id in {None, *ids(sandbox, "smart_campaigns")}


def test_changes_lead_from_one_value_to_the_present_one(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    names = {display_name(name): name for name in sandbox.world.fields}
    described = {
        one["rest"]["name"]: one["id"]
        for one in sandbox.instance.truth()["lead_describe"]()
        if "rest" in one
    }
    chains: dict[tuple[int, str], list[Activity]] = defaultdict(list)
    for activity in activities:
        if activity.type_id in {13, 22}:
            chains[activity.lead_id, str(activity.primary)].append(activity)

    for (lead_id, name), chain in chains.items():
        for before, after in pairwise(chain):
            assert before.attributes.get("New Value") == after.attributes.get("Old Value")
        present = sandbox.world.leads[lead_id].values[names[name]]
        assert str(present) == str(chain[-1].attributes.get("New Value"))
        assert chain[-1].primary_id == described[names[name]]
    assert len(chains) > 100
    assert max(len(one) for one in chains.values()) > 1


def test_nothing_happens_to_a_lead_before_it_is_there(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    new = {activity.lead_id: activity.at for activity in activities if activity.type_id == 12}
    assert set(sandbox.world.leads) <= set(new)
    for activity in activities:
        assert new[activity.lead_id] <= activity.at


def test_merged_and_deleted_leads_were_there_and_are_gone(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    new = {activity.lead_id: activity.at for activity in activities if activity.type_id == 12}
    gone = {activity.lead_id: activity.at for activity in activities if activity.type_id == 37}
    for activity in activities:
        if activity.type_id == 32:
            gone |= dict.fromkeys(activity.attributes["Merge IDs"], activity.at)
            assert activity.lead_id in sandbox.world.leads
    assert len(gone) > 20
    for lead_id, at in gone.items():
        assert new[lead_id] < at
        assert lead_id not in sandbox.world.leads


def test_members_of_lists_and_programs_joined_them(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    lists: set[tuple[int | None, int]] = set()
    programs: dict[tuple[int, int], Any] = {}
    for activity in activities:
        if activity.type_id == 24:
            lists.add((activity.primary_id, activity.lead_id))
        if activity.type_id == 25:
            lists.remove((activity.primary_id, activity.lead_id))
        if activity.type_id == 104 and activity.primary_id:
            programs[activity.primary_id, activity.lead_id] = activity.attributes["New Status"]

    truth = sandbox.instance.truth()
    assert {
        (record["listId"], record["leadId"]) for record in truth["static_list_memberships"]()
    } == lists
    assert {
        (record["programId"], record["leadId"]): record["statusName"]
        for record in truth["program_members"]()
    } == programs
    assert lists
    assert {"Member", "Attended"} == set(programs.values())


@pytest.mark.parametrize(
    ("leads", "activities", "types"),
    [(0, 0, 48), (1, 0, 48), (3, 10, 48), (50, 0, 48), (2000, 300, 48), (5, 900, 95), (9, 40, 1)],
)
def test_any_size_is_what_was_asked_for(leads: int, activities: int, types: int) -> None:
    sandbox = made(leads=leads, activities=activities, activity_types=types)

    assert len(sandbox.world.expected_leads()) == len(sandbox.world.leads) == leads
    found = sandbox.world.expected_activities()
    assert len(found) == sandbox.world.activities.count() == activities
    assert len({one["marketoGUID"] for one in found}) == activities
    for records in sandbox.instance.truth().values():
        assert list(records()) is not None


def test_a_part_of_the_time_is_that_part_of_all(
    sandbox: Sandbox, activities: list[Activity]
) -> None:
    start, end = activities[700].at, activities[900].at

    found = list(sandbox.world.activities.between(start, end, (6, 13, 104)))

    assert found == [
        activity
        for activity in activities
        if start <= activity.at <= end and activity.type_id in {6, 13, 104}
    ]
    assert found


def test_each_type_has_its_retention() -> None:
    sandbox = made(retention=True)
    oldest: dict[int, datetime] = {}
    for activity in sandbox.world.activities:
        oldest.setdefault(activity.type_id, activity.at)

    assert NOW - timedelta(days=90, seconds=5) <= oldest[SEND] < NOW - timedelta(days=80)
    assert NOW - timedelta(days=14, seconds=5) <= oldest.get(37, NOW)
    assert oldest[OPENED] < NOW - timedelta(days=300)


def test_sends_can_come_later_than_their_date() -> None:
    sandbox = made(leads=50, activities=2000, late_sends=40 * 86_400.0)

    def sent() -> int:
        return len(list(sandbox.world.activities.between(types=(SEND,))))

    before = sent()
    sandbox.control.advance(40 * 86_400)

    assert 0 < before < sent()


def test_the_same_seed_makes_the_same_world() -> None:
    one, two, other = (made(leads=40, activities=300, seed=seed) for seed in (1, 1, 2))

    for name, records in one.instance.truth().items():
        assert list(records()) == list(two.instance.truth()[name]()), name
    assert one.world.expected_leads() != other.world.expected_leads()
