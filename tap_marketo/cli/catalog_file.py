"""The catalog as people hand it over: read, or refused with one sentence."""

from __future__ import annotations

import json
from typing import IO, Any

from singer_sdk.singerlib import Catalog

from tap_marketo.client.errors import TapError

ADVICE = "Make a new one: tap-marketo --config config.json --discover > catalog.json"


class CatalogError(TapError):
    """A file that is no Singer catalog."""


def read_catalog(file: IO[str]) -> dict[str, Any]:
    """Read a catalog file.

    Args:
        file: Of `--catalog`.

    Raises:
        CatalogError: It is no Singer catalog.
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
        raise CatalogError(f"The file given as catalog holds no Singer catalog. {ADVICE}") from None
    return document
