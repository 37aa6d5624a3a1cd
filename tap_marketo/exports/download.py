"""Downloads export files: private, resumed after an interruption, and verified."""

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
# Attempts without a single new byte; a download that makes progress has no limit.
MAX_STALLED_ATTEMPTS = 6
MAX_DOWNLOADS = 3
CONTENT_RANGE = re.compile(r"bytes\s+(\d+)-")
PARTIAL_CONTENT, NOT_FOUND, RANGE_NOT_SATISFIABLE = 206, 404, 416


class SpoolFile:
    """An unnamed temporary file: no other process can open it, and the OS deletes it at exit."""

    def __init__(self) -> None:
        """Open an empty file in the system's temporary directory."""
        self.file = cast("BinaryIO", tempfile.TemporaryFile(prefix="tap-marketo-"))  # noqa: SIM115
        self.size = 0
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Args:
            chunk: Next bytes of the file.
        """
        self.file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def clear(self) -> None:
        """Delete the content."""
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self._digest = hashlib.sha256()

    def mismatch(self, job: ExportJob) -> str | None:
        """Compare the file with the job's size and checksum.

        Args:
            job: Completed job.

        Returns:
            The difference; None if the file is complete.
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
    """Download a completed job's file into a spool file and verify it.

    Args:
        client: Client for the instance.
        path: Path of the file endpoint.
        job: Completed job.
        sleep: Function that waits for a number of seconds.

    Returns:
        The verified file, at its beginning; closing it deletes it.

    Raises:
        FileUnavailableError: The file does not exist or never matches; export it again.
        ResponseError: Any other error of the API.

    Source: bulk-extract.md
    """
    spool = SpoolFile()
    try:
        for attempt in range(1, MAX_DOWNLOADS + 1):
            _fetch(client, path, job, spool, sleep)
            problem = spool.mismatch(job)
            if problem is None:
                spool.file.seek(0)
                return spool.file
            logger.warning(
                "The file of export job %s is damaged: %s (download %d of at most %d).",
                job.export_id,
                problem,
                attempt,
                MAX_DOWNLOADS,
            )
            emit("retry", job=job.export_id, why=f"The file is damaged: {problem}", seconds=0)
            spool.clear()
        raise FileUnavailableError(
            f"The file was damaged in {MAX_DOWNLOADS} downloads: {problem}"
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
    """Download to the end of the file, resuming after each interruption that follows progress."""
    pauses = waits()
    next(pauses)
    stalled = 0
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
        stalled = stalled + 1 if spool.size <= before else 0
        if stalled >= MAX_STALLED_ATTEMPTS:
            gone = problem.code == str(NOT_FOUND)
            raise (
                FileUnavailableError(problem.reason, code="404") if gone else problem
            ).with_context(export_id=job.export_id)
        if not stalled:
            pauses = waits()
            next(pauses)
        pause = pauses.send(problem)
        logger.warning(
            "The download of export job %s broke after %d bytes (%s). Resuming in %.0f s.",
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
            # An envelope may have the content type of a file; no CSV header starts with a brace.
            if not spool.size and chunk.lstrip()[:1] == b"{":
                _raise_envelope(client, response, chunk)
            spool.write(chunk)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield bytes as they arrive, so that an interruption loses none."""
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
        raise UnavailableError("The file endpoint refused the range", code="416")
    if response.status_code == NOT_FOUND:
        raise UnavailableError("The file endpoint does not know the file", code="404")
    if response.status_code >= 400 or "json" in response.headers.get("Content-Type", ""):  # noqa: PLR2004
        read_envelope(response)
        raise UnavailableError("The file endpoint answered with an envelope instead of a file")


def _continues(response: requests.Response, offset: int) -> bool:
    """Return whether the answer continues the file; a 200 starts from the beginning."""
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
        raise UnavailableError("The token was refused", code=error.code) from None
    raise UnavailableError("The file endpoint answered with JSON instead of a file")
