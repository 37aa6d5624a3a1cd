"""Fetching the files of finished jobs, a few ahead of the one that is being written."""

from __future__ import annotations

import logging
import tempfile
import time
from typing import TYPE_CHECKING

from tap_marketo.client.errors import DailyCallsSpentError, MarketoError
from tap_marketo.exports.job import ExportEndpoint
from tap_marketo.exports.series import Phase
from tap_marketo.exports.spool import FileUnavailableError, download

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.exports.exports import Exports
    from tap_marketo.exports.series import Export

logger = logging.getLogger("tap-marketo")

# Files waiting on disk beside the one being written: enough to hide the download.
FILES_AHEAD = 2


class Fetch:
    """Downloads one file after the other; each is verified before it is handed on."""

    def __init__(self, client: MarketoClient, exports: Exports) -> None:
        """Fetch nothing yet.

        Args:
            client: Of the instance.
            exports: Those that Marketo has finished are fetched.
        """
        self._client = client
        self._exports = exports

    def run(self) -> None:
        """Fetch until the queue stops."""
        exports = self._exports
        while not exports.stopped:
            with exports.changed:
                export = self._next()
                if export is None:
                    exports.changed.wait(60.0)
                    continue
                export.phase = Phase.DOWNLOADING
            self._fetch(export)

    def _next(self) -> Export | None:
        exports = self._exports
        if exports.calls_are_spent:
            return None
        waiting = exports.of(Phase.EXPORTED)
        if len([export for export in exports.of(Phase.READY) if export.file]) > FILES_AHEAD:
            # Whoever waits for one of them gets it, however many others lie there.
            heads = {id(series.exports[0]) for series in exports.series if series.exports}
            waiting = [export for export in waiting if id(export) in heads]
        return waiting[0] if waiting else None

    def _fetch(self, export: Export) -> None:
        job = export.job
        if job is None:
            raise AssertionError(export)
        endpoint = ExportEndpoint(self._client, export.series.request.base)
        began = time.monotonic()
        export.note("downloading")
        try:
            file = download(self._client, endpoint.file_path(job.export_id), job)
        except FileUnavailableError as error:
            self._exports.again(export, f"has no usable file ({error.reason})")
        except DailyCallsSpentError as error:
            self._exports.move(export, Phase.EXPORTED)
            self._exports.pause(error)
        except MarketoError as error:
            self._exports.fail(export, error)
        except OSError as error:
            place = tempfile.gettempdir()
            reason = f"{export}: cannot be kept in {place} ({error.strerror}); set TMPDIR elsewhere"
            self._exports.fail(export, MarketoError(reason))
        else:
            export.note("verified")
            logger.info("%s: downloaded in %.1f s.", export, time.monotonic() - began)
            export.file = file
            self._exports.move(export, Phase.READY)
