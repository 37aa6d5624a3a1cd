"""Client for a Marketo instance: authentication, limits, errors and paging."""

from tap_marketo.client.api import MarketoClient
from tap_marketo.client.envelope import Reply
from tap_marketo.client.paging import Paging, date_pages, offset_pages, pages, token_pages

__all__ = [
    "MarketoClient",
    "Paging",
    "Reply",
    "date_pages",
    "offset_pages",
    "pages",
    "token_pages",
]
