"""One checks: check after check, each told as a finding, until nothing more can be asked."""

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
# Of the instance's calls a day; --all-permissions may take more.
MOST_CALLS = 11
MANY_CALLS = 1000
SKEW_SECONDS = 60.0

WEB_SERVICES = "base_url must be the endpoint that Admin > Web Services shows."
REACH = f"{WEB_SERVICES} If it is: look at the network, the proxy, and status.adobe.com."


def run_checks(inputs: Inputs, *, all_permissions: bool = False) -> Report:
    """Look at everything that a sync needs.

    Args:
        inputs: Configuration, catalog and state.
        all_permissions: Try each permission, whatever it costs.

    Returns:
        What was found; no error of Marketo is raised.
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
        """Run the checks; after one that nothing can follow, note the others as skipped."""
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
                if _nothing_can_follow(check, error):
                    told = {finding.check for finding in self.findings}
                    left = [name for name, _ in steps[number + 1 :] if name not in told]
                    self.findings += [skipped(name, "Not reached.") for name in left]
                    return

    def _configuration(self) -> Iterable[Finding]:
        tap = self._tap
        named = "selected in the catalog" if tap.input_catalog else "that Meltano selects"
        streams = f"streams {named}" if tap.is_explicit else "streams selected by default"
        yield passed(CONFIGURATION, f"{tap.settings.base_url}; {streams}.")

    def _credentials(self) -> Iterable[Finding]:
        auth = self._tap.client.auth
        auth.token()
        who = f": API user {auth.user}" if auth.user else ""
        yield passed(CREDENTIALS, f"Accepted{who}.", api_user=auth.user)

    def _discovery(self) -> Iterable[Finding]:
        tap = self._tap
        tap.select()
        selected = sorted(name for name, one in tap.streams.items() if one.selected)
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
            yield failed(DISCOVERY, f"{name} cannot be described: {message}", "")
        yield from check_width(tap.streams.values())
        yield from permissions.check_discovered(tap)
        missing = [] if tap.denied else tap.missing()
        if missing:
            yield warned(
                CATALOG,
                f"Selected, but not in Marketo any more: {', '.join(missing)}.",
                "Make the catalog anew with tap-marketo --discover.",
                missing=missing,
            )

    def _clock(self) -> Finding:
        seconds = self._tap.client.clock.skew.total_seconds()
        if abs(seconds) < SKEW_SECONDS:
            return passed(CLOCK, "Agrees with Marketo's to a minute.", skew_seconds=seconds)
        direction = "behind" if seconds > 0 else "ahead of"
        return warned(
            CLOCK,
            f"This machine's clock is {_spoken(abs(seconds))} {direction} Marketo's. Windows end by"
            " Marketo's clock all the same.",
            "Set this machine's clock by NTP.",
            skew_seconds=seconds,
        )

    def _job(self) -> Iterable[Finding]:
        tap = self._tap
        leads = tap.wants("leads") and permissions.LEAD not in tap.denied
        activities = any(one.group_name == "activities" for one in self._bulk_streams())
        if leads or activities:
            yield from exports.try_a_job(tap.client, tap.settings, of_leads=leads)

    def _queue(self) -> Iterable[Finding]:
        tap = self._tap
        groups = {one.group_name for one in self._bulk_streams()}
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
        is_spent = any(one.check == exports.ALLOCATION for one in self.findings)
        yield from exports.check_queue(tap.client, tap.settings, bases, is_spent=is_spent)

    def _calls(self) -> Iterable[Finding]:
        yield usage.check_calls(self._tap.client, self._tap.settings.max_daily_calls)

    def _errors(self) -> Iterable[Finding]:
        yield usage.check_errors(self._tap.client)

    def _permissions(self) -> Iterable[Finding]:
        left = self._most_calls - self._tap.client.throttle.calls
        yield from permissions.check_others(self._tap, left)

    def _cost(self) -> Iterable[Finding]:
        told = next((one.details for one in self.findings if one.check == usage.CALLS), {})
        most = told.get("max_daily_calls")
        yield cost.estimate(self._tap, most and max(0, most - told["today"]))

    def _bulk_streams(self) -> list[BulkStream]:
        streams = self._tap.streams.values()
        return [one for one in streams if isinstance(one, BulkStream) and one.selected]

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
                f"The instance's calls of today are used up ({error.summary}).",
                f"They begin anew at {reset}. Admin > Web Services shows who made them.",
            )
        if isinstance(error, ResponseError):
            what = f"{error.summary.rstrip('.')}."
            if check in {usage.CALLS, usage.ERRORS} and error.code:
                return skipped(check, what)  # a sync does without
            return failed(check, what, REACH if _is_unreachable(error) else error.hint)
        return failed(check, str(error), WEB_SERVICES if check == CREDENTIALS else "")


def _nothing_can_follow(check: str, error: TapError) -> bool:
    is_final = isinstance(error, (IdentityError, DailyCallsSpentError))
    return is_final or _is_unreachable(error) or check in {CREDENTIALS, DISCOVERY}


def _is_unreachable(error: TapError) -> bool:
    return isinstance(error, RetryableError) and not error.code


def _spoken(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"  # noqa: PLR2004
