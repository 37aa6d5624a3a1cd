"""The one error of this room."""

from __future__ import annotations

from tap_marketo.client.errors import MarketoError


class ExportError(MarketoError):
    """The export cannot begin, or its file cannot be written; the old file stays as it was."""
