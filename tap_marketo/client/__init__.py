"""Talking to one Marketo instance: authentication, limits, errors, paging; no exports."""

from tap_marketo.client.api import MarketoClient
from tap_marketo.client.envelope import Reply
from tap_marketo.client.paging import date_pages, offset_pages, token_pages

__all__ = ["MarketoClient", "Reply", "date_pages", "offset_pages", "token_pages"]
