"""A run of the tap in virtual time, with three lanes, that finishes or is killed at any step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo import state as states
from tap_marketo.client.errors import MarketoError, NotFoundError, ResponseError
from tap_marketo.exports.allocation import Allocation
from tap_marketo.exports.job import ACTIVITIES, LEADS, PROGRAM_MEMBERS, ExportRequest, JobState
from tap_marketo.exports.machine import (
    Amend,
    Cancel,
    Create,
    Download,
    Enqueue,
    EnqueueRefusedError,
    FileUnavailableError,
    GetStatus,
    ListJobs,
    Machine,
    Moment,
    Rules,
    Save,
    Series,
    Write,
)
from tap_marketo.exports.machine.series import Alternative, Amended
from tap_marketo.exports.machine.submitter import LONGEST_SLEEP
from tap_marketo.exports.planner import PlanRules
from tap_marketo.exports.window import Window
from tests.exports.simulation.marketo import day_start
from tests.exports.simulation.world import DAY, at, seconds

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from tap_marketo.exports.machine.series import Piece
    from tests.exports.simulation.marketo import Marketo, Row
    from tests.exports.simulation.target import Target

LONGEST_RUN = 40 * DAY
SUSPENDED = 1800.0
MOST_STEPS = 20_000
IN_QUEUE = {"QUEUED", "CREATED"}
REQUESTS = {
    "leads": ExportRequest("leads", LEADS, ("id", "gone"), "updatedAt"),
    "activities": ExportRequest("activities", ACTIVITIES, ("marketoGUID",), "createdAt"),
    "program_members": ExportRequest("program_members", PROGRAM_MEMBERS, ("leadId",), "updatedAt"),
}


class BrokenRuleError(AssertionError):
    """An invariant is broken."""


class KilledError(Exception):
    """The run was killed."""


@dataclass(frozen=True)
class Settings:
    """Settings of the tap."""

    streams: tuple[str, ...]
    history_days: int
    start_date: bool = True
    window_days: int = 31
    newest_first: bool = False
    lookback: int = 7200
    max_jobs: int = 4
    quota_mb: float = 500.0
    reserve: float = 0.0
    wait: bool = False
    poll: float = 60.0
    full_table: bool = False
    slow_target: float = 1.0


@dataclass
class Night:
    """A run, whose records are in the target when it ends."""

    marketo: Marketo
    settings: Settings
    target: Target
    draw: random.Random
    began: float
    tell: Callable[[str], None]
    kill_after: int | None = None
    lanes: dict[str, tuple[float, Any]] = field(default_factory=dict)
    steps: int = 0
    recorded: set[str] = field(default_factory=set)
    enqueued: bool = False

    def __post_init__(self) -> None:
        self.now = self.began
        self.state: dict[str, Any] = json.loads(self.target.state)
        self.calls_before = self.marketo.calls
        settings = self.settings
        self.end = at(self.began).replace(microsecond=0)
        self.series = [self._series(name) for name in settings.streams]
        rules = Rules(
            PlanRules(settings.window_days, settings.newest_first),
            poll_interval=settings.poll,
            max_jobs=settings.max_jobs,
            wait_for_quota=settings.wait,
        )
        allocation = Allocation(
            settings.quota_mb, settings.reserve, states.learned_sizes(self.state)
        )
        self.machine = Machine(rules, allocation, self.series, self.moment())
        saved = states.saved_jobs(self.state)
        self.recorded = {job.export_id for job in saved}
        self.machine.plan(saved, self.moment())

    def moment(self) -> Moment:
        today = day_start(self.now)
        return Moment(self.now, at(self.now), at(today), at(today + DAY + 60))

    def _series(self, name: str) -> Series:
        settings = self.settings
        own = self.state.setdefault("bookmarks", {}).setdefault(name, {})
        full = settings.full_table and name == "program_members"
        bookmark = states.Bookmark() if full else states.Bookmark.from_state(own, name)
        oldest = at(-settings.history_days * DAY)
        default = self.end - timedelta(days=settings.history_days)
        lookback = settings.lookback if name == "activities" else 0
        start = bookmark.start(oldest if settings.start_date else None, default, lookback)
        series = Series(
            REQUESTS[name],
            Window(start, max(self.end, start)),
            bookmark.coverage(start),
            done=list(bookmark.written),
            had_bookmark=bookmark.until is not None,
            lookback=lookback,
            keeps_done=not full,
        )
        if name == "leads":
            series.alternative = Alternative(
                lambda usual: replace(usual, window_filter="createdAt"),
                lambda *_: None,
                keys=("created", "changed"),
                rest_keys=frozenset({"changed"}),
                days_kept=90,
            )
        if name == "program_members":
            programs = self.marketo.world.programs(self.began)
            created = {key: at(int(since)) for key, since in programs.items()}  # as Marketo answers
            series.part_filter, series.keys = "programIds", tuple(sorted(created))
            series.late = dict(states.late_keys(created, bookmark))  # type: ignore[arg-type]
            series.known = {key for key in created if key not in series.late}
            series.alternative = Alternative(lambda usual: usual.undated(), lambda *_: None)
        series.amend = self._amend
        return series

    def _amend(self, piece: Piece, error: ResponseError) -> Amended:
        if piece.series.name == "program_members":
            there = self.marketo.world.programs(self.now)
            gone = frozenset(key for key in piece.keys if key not in there)
            if gone:
                return Amended(gone=gone)
        if "gone" in error.reason:
            request = piece.series.request
            left = tuple(one for one in request.fields if one != "gone")
            return Amended(ExportRequest(request.name, request.base, left, request.window_filter))
        raise error

    # The loop.

    def run(self) -> int:
        """Run to the end and return the exit code."""
        while self._goes_on():
            self._step()
        self._write_state()
        failed = False
        for series in self.series:
            if reason := self.machine.finish_series(series):
                failed = True
                self.tell(f"{series.name} ends: {type(reason).__name__}: {reason}"[:200])
        return int(failed)

    def _goes_on(self) -> bool:
        return any(not self.machine.is_over(series) for series in self.series)

    def _step(self) -> None:
        self.steps += 1
        if self.kill_after is not None and self.steps > self.kill_after:
            self._kill()
        if self.steps > MOST_STEPS or self.now - self.began > LONGEST_RUN:
            raise BrokenRuleError(f"liveness: no end after {self.steps} steps, {self.now=}")
        self._begin_lanes()
        due = [when for when, _ in self.lanes.values()]
        pause = None if "call" in self.lanes else self.machine.call_pause(self.moment())
        if pause == LONGEST_SLEEP and self.settings.wait and not self.lanes:
            pause = SUSPENDED  # the computer is suspended while the tap waits for the next day
        if pause is not None:
            due.append(self.now + max(pause, 0.001))
        if not due:
            if not self._goes_on():
                return
            raise BrokenRuleError("liveness: nothing is under way, and somebody waits")
        self.now = min(due)
        self.marketo.advance(self.now)
        for name, (when, action) in list(self.lanes.items()):
            if when <= self.now:
                del self.lanes[name]
                self._end(name, action)
        # A killed run may have left more jobs in the queue; then none is added.
        enqueued, self.enqueued = self.enqueued, False
        ours, most = self.marketo.ours_in_queue(), self.settings.max_jobs
        if enqueued and ours > most and ours > most + self.stray:
            raise BrokenRuleError("more jobs of ours in the queue than allowed")

    @property
    def stray(self) -> int:
        """Jobs in the queue that the machine considers lost or is cancelling."""
        board = self.machine.board
        known = {job.export_id for job in (*board, *board.left) if job.phase.name in IN_QUEUE}
        return sum(
            job.state in {"Queued", "Processing"}
            and not job.stranger
            and job.export_id not in known
            for job in self.marketo.jobs.values()
        )

    def _begin_lanes(self) -> None:
        machine = self.machine
        if "call" not in self.lanes and (call := machine.next_call(self.moment())):
            self.lanes["call"] = (self.now + self.draw.uniform(0.1, 2), call)
        if "file" not in self.lanes and (download := machine.next_download()):
            self.lanes["file"] = (self.now + self.draw.uniform(1, 60), download)
        if "front" not in self.lanes and (front := machine.next_output()):
            slow = self.settings.slow_target if isinstance(front, Write) else 0.1
            self.lanes["front"] = (self.now + self.draw.uniform(0.1, 30) * slow, front)

    def _kill(self) -> None:
        """Calls that are under way may have taken effect, or not."""
        for name, (_, action) in self.lanes.items():
            if name == "call" and self.draw.random() < 0.5:
                try:
                    self._call(action)
                except (MarketoError, KeyError):
                    continue
            if isinstance(action, Write):
                rows = self._rows(action.piece)
                self._emit(action.piece, rows[: self.draw.randint(0, len(rows))])
        raise KilledError

    def _end(self, lane: str, action: Any) -> None:
        machine = self.machine
        if lane == "call":
            try:
                result = self._call(action)
            except MarketoError as error:
                self.tell(f"{self._spelled(action)} failed: {error}"[:160])
                machine.failed(action, error, self.moment())
            else:
                self.tell(self._spelled(action))
                machine.done(action, result, self.moment())
        elif isinstance(action, Download):
            try:
                rows = self.marketo.file(action.piece.export_id)
            except NotFoundError as error:
                machine.download_failed(action.piece, FileUnavailableError(error.reason))
            except MarketoError as error:
                machine.download_failed(action.piece, error)
            else:
                machine.downloaded(action.piece, rows)
            self.tell(f"download {action.piece} -> {action.piece.phase.name}")
        elif isinstance(action, Save):
            self._write_state()
            machine.saved(action)
        elif isinstance(action, Write):
            self._write(action.piece)

    @staticmethod
    def _spelled(action: Any) -> str:
        subject = getattr(action, "piece", None) or getattr(action, "base", "")
        return f"{type(action).__name__} {subject}"

    def _call(self, action: Any) -> Any:
        marketo = self.marketo
        match action:
            case Create(piece):
                keys = piece.keys if piece.series.part_filter else ()
                job = marketo.create(piece.request, piece.window, keys)
                known = self.machine.board.allocation.knows(piece.series.request.fingerprint)
                marketo.jobs[job.export_id].unknown = not known
                return job
            case Enqueue(piece):
                if piece.export_id not in self.recorded:
                    raise BrokenRuleError(f"{piece} is enqueued before it is recorded")
                self.enqueued = True
                try:
                    marketo.enqueue(piece.export_id)
                except ResponseError as error:
                    there = marketo.jobs.get(piece.export_id)
                    if there is None or isinstance(error, NotFoundError):
                        raise
                    seen = marketo._shown(there)
                    raise EnqueueRefusedError(
                        error, None if seen.state is JobState.CREATED else seen
                    ) from None
                return None
            case ListJobs(base):
                return marketo.list_jobs(base)
            case GetStatus(piece):
                return marketo.status(piece.export_id)
            case Cancel():
                return marketo.cancel(action.export_id)
            case Amend(piece, error):
                return self._amend(piece, error)
        raise AssertionError(action)

    # Writing.

    def _rows(self, piece: Piece) -> list[Row]:
        if piece.by_rest:
            return self._changed(piece)
        return list(piece.file[0]) if piece.file else []

    def _changed(self, piece: Piece) -> list[Row]:
        assert piece.window
        first, last = seconds(piece.window.start), seconds(piece.window.end) + 1
        fresh = piece.series.fresh
        return [
            (lead.key, lead.version(self.now))
            for lead in self.marketo.world.leads
            if any(first <= time < last for time in lead.times)
            and not any(
                seconds(window.start) <= lead.times[0] < seconds(window.end) + 1 for window in fresh
            )
        ]

    def _emit(self, piece: Piece, rows: Iterable[Row]) -> None:
        for key, version in rows:
            self.target.take(piece.series.name, key, version)

    def _write(self, piece: Piece) -> None:
        if piece.series.head is not piece and not piece.by_rest:
            raise BrokenRuleError(f"{piece} is written before its turn")
        rows, whole = self._rows(piece), not (piece.file and not piece.file[1])
        self._emit(piece, rows)
        if whole:
            self.machine.written(piece)
        else:
            self.machine.unreadable(piece, MarketoError("torn"))
        self.tell(f"written {piece}: {len(rows)} rows" + ("" if whole else ", torn"))
        self._write_state()

    def _write_state(self) -> None:
        for series in self.series:
            own = self.state["bookmarks"][series.name]
            states.write_bookmark(own, series, "x")
        jobs = self.machine.saved_jobs()
        states.write_exports(self.state, jobs, self.machine.board.allocation)
        self.recorded |= {job.export_id for job in jobs}
        self.target.state = json.dumps(self.state)
