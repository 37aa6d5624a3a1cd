"""Runs the checks one after the other, as long as the instance can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigValidationError

from tap_marketo.client.errors import (
    AccessDeniedError,
    CredentialsError,
    DailyCallsSpentError,
    IdentityError,
    ResponseError,
    RetryableError,
    TapError,
)
from tap_marketo.doctor import cost, exports, permissions, usage
from tap_marketo.doctor.checked_tap import CheckedTap
from tap_marketo.doctor.finding import Finding, Report, Status, failed, passed, skipped, warned
from tap_marketo.doctor.width import check_width
from tap_marketo.exports.job import ACTIVITIES, LEADS, PROGRAM_MEMBERS
from tap_marketo.streams.bulk.base import BulkStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_marketo.inputs import Inputs

CONFIGURATION, CREDENTIALS, DISCOVERY = "Configuration", "Credentials", "Discovery"
CLOCK, CATALOG, STATE = "Clock", "Catalog", "State"
# Maximum API calls; --all-permissions may need more.
MOST_CALLS = 11
MANY_CALLS = 1000
SKEW_SECONDS = 60.0

WEB_SERVICES = "base_url must be the REST endpoint shown in Admin > Web Services."
REACH = f"{WEB_SERVICES} If it is, check the network, the proxy, and status.adobe.com."


def run_checks(inputs: Inputs, *, all_permissions: bool = False) -> Report:
    """Check everything that a sync needs.

    Args:
        inputs: Configuration, catalog and state.
        all_permissions: Whether to check every permission.

    Returns:
        The report, which includes errors of Marketo.
    """
    try:
        tap = CheckedTap(inputs)
    except ConfigValidationError as error:
        remedy = "Correct the setting; tap-marketo --about describes all of them."
        return Report([failed(CONFIGURATION, text, remedy) for text in error.errors])
    except TapError as error:
        return Report([failed(STATE, str(error), "See docs/migration.md.")])
    checks = _Checks(tap, MANY_CALLS if all_permissions else MOST_CALLS)
    checks.run()
    return Report(checks.findings, tap.client.throttle.calls)


class _Checks:
    def __init__(self, tap: CheckedTap, most_calls: int) -> None:
        self.findings: list[Finding] = []
        self._tap = tap
        self._most_calls = most_calls

    def run(self) -> None:
        """Run the checks; after a fatal error, the others are skipped."""
        steps: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
            (CONFIGURATION, self._configuration),
            (CREDENTIALS, self._credentials),
            (DISCOVERY, self._discovery),
            (exports.FILTER, self._job),
            (exports.QUEUE, self._queue),
            (usage.CALLS, self._calls),
            (usage.ERRORS, self._errors),
            ("Permissions", self._permissions),
            (cost.COST, self._cost),
        )
        for number, (check, step) in enumerate(steps):
            try:
                self.findings.extend(step())
            except TapError as error:
                self.findings.append(self._to_finding(check, error))
                if _is_fatal(check, error):
                    reported = {finding.check for finding in self.findings}
                    left = [name for name, _ in steps[number + 1 :] if name not in reported]
                    self.findings += [skipped(name, "Not checked.") for name in left]
                    return

    def _configuration(self) -> Iterable[Finding]:
        tap = self._tap
        source = "in the catalog" if tap.input_catalog else "by Meltano"
        selected = source if tap.is_explicit else "by default"
        yield passed(CONFIGURATION, f"{tap.settings.base_url}; streams selected {selected}.")

    def _credentials(self) -> Iterable[Finding]:
        auth = self._tap.client.auth
        auth.token()
        who = f": API user {auth.user}" if auth.user else ""
        yield passed(CREDENTIALS, f"Accepted{who}.", api_user=auth.user)

    def _discovery(self) -> Iterable[Finding]:
        tap = self._tap
        tap.select()
        selected = sorted(name for name, stream in tap.streams.items() if stream.selected)
        yield self._clock()
        yield passed(
            DISCOVERY,
            f"{len(tap.streams)} streams offered, {len(selected)} selected.",
            selected=selected,
        )
        others = {
            str(error): name
            for name, error in reversed(tap.unreadable.items())
            if not isinstance(error, AccessDeniedError)
        }
        for message, name in others.items():
            yield failed(DISCOVERY, f"Could not describe {name}: {message}", "")
        yield from check_width(tap.streams.values())
        yield from permissions.check_discovered(tap)
        missing = [] if tap.denied else tap.missing()
        if missing:
            yield warned(
                CATALOG,
                f"Selected, but no longer in Marketo: {', '.join(missing)}.",
                "Create the catalog again with tap-marketo --discover.",
                missing=missing,
            )

    def _clock(self) -> Finding:
        seconds = self._tap.client.clock.skew.total_seconds()
        if abs(seconds) < SKEW_SECONDS:
            return passed(CLOCK, "Less than a minute off Marketo's.", skew_seconds=seconds)
        direction = "behind" if seconds > 0 else "ahead of"
        return warned(
            CLOCK,
            f"This machine's clock is {_spoken(abs(seconds))} {direction} Marketo's. The tap uses"
            " Marketo's clock for windows.",
            "Synchronise this machine's clock by NTP.",
            skew_seconds=seconds,
        )

    def _job(self) -> Iterable[Finding]:
        tap = self._tap
        leads = tap.wants("leads") and permissions.LEAD not in tap.denied
        activities = any(stream.group_name == "activities" for stream in self._bulk_streams())
        if leads or activities:
            yield from exports.try_a_job(tap.client, tap.settings, of_leads=leads)

    def _queue(self) -> Iterable[Finding]:
        tap = self._tap
        groups = {stream.group_name for stream in self._bulk_streams()}
        bases = [
            base
            for group, base in (
                ("leads", LEADS),
                ("activities", ACTIVITIES),
                ("program_members", PROGRAM_MEMBERS),
            )
            if group in groups
        ]
        if not bases:
            return
        is_spent = any(finding.check == exports.ALLOCATION for finding in self.findings)
        yield from exports.check_queue(tap.client, tap.settings, bases, is_spent=is_spent)

    def _calls(self) -> Iterable[Finding]:
        yield usage.check_calls(self._tap.client, self._tap.settings.max_daily_calls)

    def _errors(self) -> Iterable[Finding]:
        yield usage.check_errors(self._tap.client)

    def _permissions(self) -> Iterable[Finding]:
        left = self._most_calls - self._tap.client.throttle.calls
        yield from permissions.check_others(self._tap, left)

    def _cost(self) -> Iterable[Finding]:
        details = (finding.details for finding in self.findings if finding.check == usage.CALLS)
        calls = next(details, {})
        most = calls.get("max_daily_calls")
        yield cost.estimate(self._tap, most and max(0, most - calls["today"]))

    def _bulk_streams(self) -> list[BulkStream]:
        streams = self._tap.streams.values()
        return [stream for stream in streams if isinstance(stream, BulkStream) and stream.selected]

    def _to_finding(self, check: str, error: TapError) -> Finding:
        if isinstance(error, CredentialsError):
            return failed(
                CREDENTIALS,
                "Marketo refused client_id and client_secret.",
                "Compare both with Admin > LaunchPoint > View Details of the custom service.",
            )
        if isinstance(error, DailyCallsSpentError):
            waits = self._tap.settings.when_quota_is_spent == "wait"
            reset = self._tap.client.clock.quota_reset_text()
            return Finding(
                usage.CALLS,
                Status.WARNING if waits else Status.FAILED,
                f"The daily call limit is reached ({error.summary}).",
                f"It resets at {reset}. Admin > Web Services shows who made the calls.",
            )
        if isinstance(error, ResponseError):
            message = f"{error.summary.rstrip('.')}."
            if check in {usage.CALLS, usage.ERRORS} and error.code:
                return skipped(check, message)  # a sync does not need the statistics
            return failed(check, message, REACH if _is_unreachable(error) else error.hint)
        return failed(check, str(error), WEB_SERVICES if check == CREDENTIALS else "")


def _is_fatal(check: str, error: TapError) -> bool:
    is_final = isinstance(error, (IdentityError, DailyCallsSpentError))
    return is_final or _is_unreachable(error) or check in {CREDENTIALS, DISCOVERY}


def _is_unreachable(error: TapError) -> bool:
    return isinstance(error, RetryableError) and not error.code


def _spoken(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"  # noqa: PLR2004
