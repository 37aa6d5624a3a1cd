"""Keeping credentials out of the log: the identity URL carries them in its query."""

from __future__ import annotations

import logging
import re

SECRETS = re.compile(r"(client_id|client_secret|access_token)=[^&\s\"']*")


def redact(text: str) -> str:
    """Blank the credentials of a URL or of a text that quotes one.

    Args:
        text: Anything about to be logged.
    """
    return SECRETS.sub(r"\1=***", text)


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def redact_http_logs() -> None:
    """Make urllib3's debug log, which quotes whole URLs, safe to switch on."""
    library = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(existing, _Redacting) for existing in library.filters):
        library.addFilter(_Redacting())
