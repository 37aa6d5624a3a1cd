"""Creates the client for the configured instance."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tap_marketo.client import MarketoClient

if TYPE_CHECKING:
    from tap_marketo.settings import Settings

PACKAGE = "tap-marketo-engage"


def connect(settings: Settings, **options: Any) -> MarketoClient:
    """Create a client for the configured instance.

    Args:
        settings: Settings with the address, the credentials and the limits.
        options: Further arguments of `MarketoClient`.
    """
    return MarketoClient(
        settings.base_url,
        settings.client_id,
        settings.client_secret,
        max_calls_per_20_seconds=settings.max_calls_per_20_seconds,
        max_concurrent_calls=settings.max_concurrent_calls,
        user_agent=f"{PACKAGE}/{version(PACKAGE)}",
        **options,
    )
