"""What is created and enqueued next, step by step against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pendulum
import pytest

from tap_marketo.client import MarketoClient
from tap_marketo.exports.budget import MEGABYTE, Budget
from tap_marketo.exports.exports import Exports
from tap_marketo.exports.job import LEADS, ExportRequest
from tap_marketo.exports.queue import QueueRules
from tap_marketo.exports.series import Phase, Series
from tap_marketo.exports.submission import Submission
from tap_marketo.exports.watch import Watch
from tap_marketo.exports.window import Window

if TYPE_CHECKING:
    from marketo_sandbox import Sandbox

CREATED, PLANNED, QUEUED = Phase.CREATED, Phase.PLANNED, Phase.QUEUED
REQUEST = ExportRequest("leads", LEADS, ("id",), "updatedAt")
RULES = QueueRules(
    poll_interval=60, max_jobs=4, full_timeout=3600, job_timeout=3600, wait_for_quota=True
)


class Steps:
    """A submission of three windows that nobody else moves on."""

    def __init__(self, sandbox: Sandbox, daily_mb: float = 500) -> None:
        self.client = MarketoClient(sandbox.base_url, sandbox.client_id, sandbox.client_secret)
        self.exports = Exports(Budget(daily_mb, 0))
        watch = Watch(self.client, RULES, self.exports)
        self.submission = Submission(self.client, RULES, self.exports, watch)
        end = pendulum.instance(sandbox.instance.clock.now()).start_of("second")
        self.windows = Window(end.subtract(days=30), end).split(10)[:3]
        series = Series(REQUEST)
        series.plan(self.windows)
        self.exports.series = [series]

    def submit(self) -> list[Phase]:
        self.submission.submit()
        return [export.phase for export in self.exports]

    def record(self) -> None:
        for export in self.exports:
            export.recorded = bool(export.job)


@pytest.fixture
def steps(sandbox: Sandbox) -> Steps:
    return Steps(sandbox)


def test_no_job_is_enqueued_before_its_id_is_recorded(steps: Steps) -> None:
    assert steps.submit() == [CREATED, CREATED, CREATED]

    steps.record()

    assert steps.submit() == [QUEUED, QUEUED, QUEUED]


def test_jobs_made_already_are_exported_when_no_other_window_fits_today(sandbox: Sandbox) -> None:
    steps = Steps(sandbox, daily_mb=3.5)
    steps.exports.budget.spend(REQUEST, steps.windows[0], MEGABYTE)

    assert steps.submit() == [CREATED, CREATED, PLANNED]
    steps.record()

    assert steps.submit() == [QUEUED, QUEUED, PLANNED]


def test_the_allocation_is_waited_for_by_marketos_clock(sandbox: Sandbox, steps: Steps) -> None:
    sandbox.control.spend_quota()

    assert steps.submit() == [PLANNED, PLANNED, PLANNED]
    assert steps.submission.due()
    assert len(sandbox.log) == 1
    sandbox.control.advance_to_reset(10)
    sandbox.control.restore_quota()
    steps.client.get("/bulk/v1/leads/export.json")

    assert steps.submit() == [CREATED, CREATED, CREATED]
