"""The error of `tap-marketo export`."""

from __future__ import annotations

from tap_marketo.client.errors import MarketoError


class ExportError(MarketoError):
    """The export cannot start, or its file cannot be written; an existing file is unchanged."""
