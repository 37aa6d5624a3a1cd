"""A script that writes: the example as users run it, and the client when a write fails."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tap_marketo.client import MarketoClient, offset_pages
from tap_marketo.client.errors import NotFoundError, OutcomeUnknownError, ResponseError
from tests.support.meltano import ROOT
from tests.support.tap_runs import own_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import Sandbox
    from tests.conftest import StartSandbox

EXAMPLE = ROOT / "examples" / "approve_draft_emails.py"
EMAILS = "/rest/asset/v1/emails.json"
APPROVE = "/rest/asset/v1/email/{}/approveDraft.json"


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    """A sandbox with more drafts than fit on a page."""
    return start_sandbox(leads=1, activities=0, assets=450)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[MarketoClient]:
    """A client with short waits."""
    with MarketoClient(
        f"{sandbox.base_url}/rest/", sandbox.client_id, sandbox.client_secret, max_tries=2
    ) as client:
        yield client


def run_example(sandbox: Sandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, EXAMPLE, *arguments],
        env=own_environment(
            TAP_MARKETO_BASE_URL=sandbox.base_url,
            TAP_MARKETO_CLIENT_ID=sandbox.client_id,
            TAP_MARKETO_CLIENT_SECRET=sandbox.client_secret,
        ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    return done


def drafts(sandbox: Sandbox) -> list[int]:
    emails = sandbox.instance.library.records["emails"]
    return [one["id"] for one in emails if one["status"] == "draft"]


def writes(sandbox: Sandbox) -> int:
    return sum(call.method == "POST" for call in sandbox.log)


def test_the_example_only_shows_by_default(sandbox: Sandbox) -> None:
    before = drafts(sandbox)

    done = run_example(sandbox)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(before) + 1
    assert drafts(sandbox) == before
    assert writes(sandbox) == 0


def test_the_example_approves_every_draft(start_sandbox: StartSandbox) -> None:
    # Fewer than the 20 calls that it makes in 20 seconds.
    sandbox = start_sandbox(leads=1, activities=0, assets=30)

    done = run_example(sandbox, "--approve")

    assert done.returncode == 0, done.stderr
    assert drafts(sandbox) == []
    assert "15 of 15 drafts approved" in done.stdout


def test_the_example_names_the_missing_permission(sandbox: Sandbox) -> None:
    sandbox.control.deny("Approve Assets")

    done = run_example(sandbox, "--approve")

    assert done.returncode == 1
    assert "Approve Assets" in done.stderr
    assert writes(sandbox) == 1


def test_the_example_goes_on_after_an_unknown_outcome(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(leads=1, activities=0, assets=8)
    sandbox.control.fault("reset", APPROVE.format("*"), method="POST", skip=1)

    done = run_example(sandbox, "--approve")

    assert done.returncode == 1
    assert "may or may not be approved" in done.stdout
    assert "3 of 4 drafts approved" in done.stdout
    assert len(drafts(sandbox)) == 1


def test_offset_pages_reads_to_the_end(sandbox: Sandbox, client: MarketoClient) -> None:
    found = [one["id"] for one in offset_pages(client, EMAILS, {"status": "draft"})]

    assert found == drafts(sandbox)
    assert len(found) == 225


@pytest.mark.parametrize("fault", ["reset", "http", "html"])
def test_a_write_whose_outcome_is_unknown_is_not_repeated(
    sandbox: Sandbox, client: MarketoClient, fault: str
) -> None:
    sandbox.control.fault(fault, APPROVE.format("*"))

    with pytest.raises(OutcomeUnknownError, match="check before you repeat it"):
        client.post(APPROVE.format(drafts(sandbox)[0]))

    assert writes(sandbox) == 1


def test_a_write_that_says_it_may_be_repeated_is(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("http", APPROVE.format("*"))
    draft = drafts(sandbox)[0]

    client.post(APPROVE.format(draft), repeatable=True)

    assert draft not in drafts(sandbox)
    assert writes(sandbox) == 2


@pytest.mark.parametrize("code", ["615", "602"])
def test_a_write_that_was_refused_is_repeated(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", APPROVE.format("*"), code=code)
    draft = drafts(sandbox)[0]

    client.post(APPROVE.format(draft))

    assert draft not in drafts(sandbox)
    assert writes(sandbox) == 2


def test_nothing_found_is_an_error_of_a_write(client: MarketoClient) -> None:
    with pytest.raises(NotFoundError):
        client.post(APPROVE.format(999_999))


def test_a_rule_of_marketo_is_told_in_its_words(sandbox: Sandbox, client: MarketoClient) -> None:
    draft = drafts(sandbox)[0]
    client.post(APPROVE.format(draft))

    with pytest.raises(ResponseError, match="709: The asset is not draft"):
        client.post(APPROVE.format(draft))


def test_nothing_is_sent_to_an_address_that_is_no_instance() -> None:
    with pytest.raises(ValueError, match="https"):
        MarketoClient("http://marketo.example", "id", "secret")


def test_its_name_shows_no_secret(client: MarketoClient, sandbox: Sandbox) -> None:
    assert sandbox.client_secret not in repr(client)
