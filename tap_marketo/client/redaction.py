"""Removes credentials from logs: the query of the identity URL contains them."""

from __future__ import annotations

import logging
import re

SECRETS = re.compile(r"(client_id|client_secret|access_token)=[^&\s\"']*")


def redact(text: str) -> str:
    """Mask the credentials in a URL or a text that quotes one.

    Args:
        text: Text to log.
    """
    return SECRETS.sub(r"\1=***", text)


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def redact_http_logs() -> None:
    """Mask credentials in urllib3's debug log, which quotes whole URLs."""
    connections = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(existing, _Redacting) for existing in connections.filters):
        connections.addFilter(_Redacting())
