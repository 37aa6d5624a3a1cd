"""Talking to one Marketo instance: authentication, limits, errors, paging; no exports."""

from tap_marketo.client.api import MarketoClient
from tap_marketo.client.envelope import Reply

__all__ = ["MarketoClient", "Reply"]
