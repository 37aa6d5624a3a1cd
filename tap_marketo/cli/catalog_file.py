"""Reads a catalog file."""

from __future__ import annotations

import json
from typing import IO, Any

from singer_sdk.singerlib import Catalog

from tap_marketo.client.errors import TapError

ADVICE = "Create a new one: tap-marketo --config config.json --discover > catalog.json"


class CatalogError(TapError):
    """The file is not a Singer catalog."""


def read_catalog(file: IO[str]) -> dict[str, Any]:
    """Read a catalog file.

    Args:
        file: File of `--catalog`.

    Raises:
        CatalogError: The file is not a Singer catalog.
    """
    try:
        document: dict[str, Any] = json.load(file)
    except ValueError as error:
        raise CatalogError(f"The catalog is not JSON: {error}. {ADVICE}") from None
    try:
        if not isinstance(document["streams"], list):
            raise TypeError
        Catalog.from_dict(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise CatalogError(f"The catalog file is not a Singer catalog. {ADVICE}") from None
    return document
