"""Downloading an export file: private, resumed after a break, verified before anybody reads it."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
import time
from typing import TYPE_CHECKING, BinaryIO, cast

import requests
from urllib3.exceptions import HTTPError

from tap_marketo.client.envelope import is_envelope, read_body, read_envelope
from tap_marketo.client.errors import (
    ResponseError,
    RetryableError,
    TokenRejectedError,
    UnavailableError,
)
from tap_marketo.client.retry import waits
from tap_marketo.events import emit
from tap_marketo.exports.machine import FileUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.job import ExportJob

logger = logging.getLogger("tap-marketo")

CHUNK = 1 << 18
SMALL_CHUNK = 1 << 13
# Breaks without a single byte in between; a download that moves on may break as often as it likes.
FRUITLESS_TRIES = 6
WHOLE_DOWNLOADS = 3
CONTENT_RANGE = re.compile(r"bytes\s+(\d+)-")
PARTIAL_CONTENT, NOT_FOUND, RANGE_NOT_SATISFIABLE = 206, 404, 416


class SpoolFile:
    """A temporary file without a name: nobody else can open it, and no exit leaves it behind."""

    def __init__(self) -> None:
        """Open an empty one in the system's directory for temporary files."""
        self.file = cast("BinaryIO", tempfile.TemporaryFile(prefix="tap-marketo-"))  # noqa: SIM115
        self.size = 0
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Append what has arrived.

        Args:
            chunk: The next bytes.
        """
        self.file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def clear(self) -> None:
        """Begin anew."""
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self._digest = hashlib.sha256()

    def mismatch(self, job: ExportJob) -> str | None:
        """Compare with what Marketo says of the file.

        Args:
            job: With size and checksum, where Marketo gives them.

        Returns:
            What differs; None when the file is whole.
        """
        if job.file_size is not None and self.size != job.file_size:
            return f"{self.size} bytes instead of {job.file_size}"
        checksum = (job.checksum or "").lower().removeprefix("sha256:")
        if checksum and checksum != self._digest.hexdigest():
            return "its SHA-256 differs from fileChecksum"
        return None


def download(
    client: MarketoClient,
    path: str,
    job: ExportJob,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> BinaryIO:
    """Fetch a completed job's file into a spool file and verify it.

    Args:
        client: Of the instance.
        path: Of the file endpoint.
        job: The completed job.
        sleep: Waits for a number of seconds.

    Returns:
        The verified file, at its beginning; closing it removes it.

    Raises:
        FileUnavailableError: The file is not there, or never matches: export it again.
        ResponseError: Any other error of the API.

    Source: bulk-extract.md
    """
    spool = SpoolFile()
    try:
        for attempt in range(1, WHOLE_DOWNLOADS + 1):
            _fetch(client, path, job, spool, sleep)
            problem = spool.mismatch(job)
            if problem is None:
                spool.file.seek(0)
                return spool.file
            logger.warning(
                "The file of export job %s is damaged: %s (download %d of %d).",
                job.export_id,
                problem,
                attempt,
                WHOLE_DOWNLOADS,
            )
            emit("retry", job=job.export_id, why=f"The file is damaged: {problem}", seconds=0)
            spool.clear()
        raise FileUnavailableError(
            f"Its file arrived damaged {WHOLE_DOWNLOADS} times: {problem}"
        ).with_context(export_id=job.export_id)
    except BaseException:
        spool.file.close()
        raise


def _fetch(
    client: MarketoClient,
    path: str,
    job: ExportJob,
    spool: SpoolFile,
    sleep: Callable[[float], None],
) -> None:
    """Read to the end of the file, resuming as often as it breaks and still moves on."""
    pauses = waits()
    next(pauses)
    fruitless = 0
    while True:
        before = spool.size
        try:
            _read(client, path, spool)
        except RetryableError as error:
            problem: ResponseError = error
        else:
            if job.file_size is None or spool.size >= job.file_size:
                return
            problem = UnavailableError(
                f"The download ended {job.file_size - spool.size} bytes early"
            )
        fruitless = fruitless + 1 if spool.size <= before else 0
        if fruitless >= FRUITLESS_TRIES:
            gone = problem.code == str(NOT_FOUND)
            raise (
                FileUnavailableError(problem.reason, code="404") if gone else problem
            ).with_context(export_id=job.export_id)
        if not fruitless:
            pauses = waits()
            next(pauses)
        pause = pauses.send(problem)
        logger.warning(
            "The download of export job %s broke after %d bytes (%s); resuming in %.0f s.",
            job.export_id,
            spool.size,
            problem.reason,
            pause,
        )
        emit("retry", job=job.export_id, why=str(problem), seconds=pause)
        sleep(pause)


def _read(client: MarketoClient, path: str, spool: SpoolFile) -> None:
    with client.stream(path, offset=spool.size) as response:
        _check(response, spool)
        if spool.size and not _continues(response, spool.size):
            spool.clear()
        for chunk in _chunks(response):
            # An envelope may come labelled as a file; a CSV header never begins with a brace.
            if not spool.size and chunk.lstrip()[:1] == b"{":
                _raise_envelope(client, response, chunk)
            spool.write(chunk)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield what has arrived as it arrives: a break loses none of it."""
    read = getattr(response.raw, "read1", None)
    if read is None:
        yield from response.iter_content(SMALL_CHUNK)
        return
    try:
        while chunk := read(CHUNK):
            yield chunk
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(error) from None


def _check(response: requests.Response, spool: SpoolFile) -> None:
    if response.status_code == RANGE_NOT_SATISFIABLE:
        spool.clear()
        raise UnavailableError("the file endpoint refused the range", code="416")
    if response.status_code == NOT_FOUND:
        raise UnavailableError("the file endpoint knows no such file", code="404")
    if response.status_code >= 400 or "json" in response.headers.get("Content-Type", ""):  # noqa: PLR2004
        read_envelope(response)
        raise UnavailableError("the file endpoint answered with an envelope instead of a file")


def _continues(response: requests.Response, offset: int) -> bool:
    """Tell whether the answer goes on where the file stops; a 200 begins anew."""
    if response.status_code != PARTIAL_CONTENT:
        return False
    match = CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    return match is None or int(match[1]) == offset


def _raise_envelope(client: MarketoClient, response: requests.Response, start: bytes) -> None:
    try:
        body = json.loads(start + response.raw.read(CHUNK))
        if is_envelope(body):
            read_body(body)
    except ValueError:
        pass
    except TokenRejectedError as error:
        client.auth.forget(str(response.request.headers["Authorization"]).removeprefix("Bearer "))
        raise UnavailableError("the token was refused", code=error.code) from None
    raise UnavailableError("the file endpoint answered with JSON instead of a file")
