"""Recognises and reads the state of another connector."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    JSON = Any

CURSORS = ("updatedAt", "activityDate", "createdAt")
_SINGER_VALUE = "replication_key_value"
_OURS = {"bookmarks", "export_jobs", "export_sizes"}


class Origin(enum.Enum):
    """The connector that wrote a state."""

    STITCH = "stitch"
    AIRBYTE = "airbyte"
    HOTGLUE = "hotglue"

    def __str__(self) -> str:
        """Return the connector's name."""
        return "hotglue" if self is Origin.HOTGLUE else self.value.capitalize()


class StateError(TapError):
    """A state cannot be used."""


@dataclass(frozen=True)
class Bookmark:
    """Bookmark of another connector.

    Attributes:
        stream: Name of the stream in the connector.
        cursor: Field of the value; empty if unknown.
        value: Value in the state; empty if there is none yet.
        export_id: Id of an unfinished export job, if any.
    """

    stream: str
    cursor: str = ""
    value: str = ""
    export_id: str = ""


def parse(text: str) -> JSON:
    """Parse a state, or one state per line, as in the output of targets and Airbyte.

    Args:
        text: JSON or JSON Lines.

    Returns:
        The state; the last of several Singer states, a list of several Airbyte states.

    Raises:
        StateError: The text is not JSON.
    """
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        states = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise StateError(f"The state is not JSON: {error}") from None
    if not states:
        raise StateError("The state is empty, so there is nothing to resume from.")
    return states if any(_airbyte_items(states)) else states[-1]


def unwrapped(document: JSON) -> JSON:
    """Remove the envelope of a Singer message or of Meltano from a state.

    Args:
        document: Any JSON.
    """
    if isinstance(document, dict):
        for envelope in ("singer_state", "value"):
            if isinstance(document.get(envelope), dict) and "bookmarks" not in document:
                return unwrapped(document[envelope])
    return document


def origin_of(state: JSON) -> Origin | None:
    """Return the connector that wrote a state; None if it may be this tap or is unknown.

    Args:
        state: State without an envelope.
    """
    if any(_airbyte_items(state)):
        return Origin.AIRBYTE
    if not isinstance(state, dict):
        return None
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        return None
    streams = {name: entry for name, entry in bookmarks.items() if isinstance(entry, dict)}
    if any(name.startswith("event_") for name in streams):
        return Origin.HOTGLUE
    if any(
        name.startswith("activities_") or (_SINGER_VALUE not in entry and _cursor(entry))
        for name, entry in streams.items()
    ):
        return Origin.STITCH
    return None


def bookmarks(state: JSON, origin: Origin) -> list[Bookmark]:
    """Return the bookmark of each stream.

    Args:
        state: State without an envelope.
        origin: Connector that wrote the state.

    Raises:
        StateError: The state has no bookmarks.
    """
    if origin is Origin.AIRBYTE:
        result = [
            Bookmark(name, cursor := _cursor(entry), _text(entry.get(cursor)))
            for name, entry in dict(_airbyte_items(state)).items()
        ]
    else:
        inside = state.get("bookmarks") if isinstance(state, dict) else None
        streams = inside.items() if isinstance(inside, dict) else ()
        result = [_singer(name, entry) for name, entry in streams if isinstance(entry, dict)]
    if not result:
        raise StateError(f"The state has no bookmarks in {origin}'s format.")
    return result


def own(document: JSON) -> dict[str, Any]:
    """Return a state if this tap wrote it.

    With any other state the tap would find no bookmarks and export everything again.

    Args:
        document: State that was passed to the tap.

    Raises:
        StateError: The state is of another connector, has an envelope, or is invalid.
    """
    inner = unwrapped(document)
    origin = origin_of(inner)
    if origin:
        raise StateError(
            f"This is the state of {origin}'s Marketo connector. Convert it first, or the tap would"
            " export everything again:"
            " tap-marketo migrate-state --config config.json THEIR_STATE.json > state.json"
        )
    if inner is not document:
        raise StateError(
            "The state is still in its envelope (Meltano's singer_state, or a whole STATE message)."
            " Pass only the object that has the key bookmarks."
        )
    if not isinstance(document, dict) or (document and not _OURS & document.keys()):
        raise StateError(
            "The state was not written by this tap: it has no bookmarks, so everything would be"
            " exported again. Pass the last STATE of the target, or no state."
        )
    bookmarks = document.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or any(
        not isinstance(entry, dict) for entry in bookmarks.values()
    ):
        raise StateError(
            "The bookmarks of the state are not one object per stream. Pass the last STATE of the"
            " target unchanged."
        )
    return document


def _singer(name: str, entry: dict[str, Any]) -> Bookmark:
    cursor = _cursor(entry)
    value = entry.get(cursor, entry.get(_SINGER_VALUE))
    return Bookmark(
        name,
        cursor or _text(entry.get("replication_key")),
        _text(value),
        _text(entry.get("export_id")),
    )


def _cursor(entry: dict[str, Any]) -> str:
    return next((name for name in CURSORS if name in entry), "")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _airbyte_items(node: JSON) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and state of each stream, in any of Airbyte's formats."""
    if isinstance(node, list):
        for item in node:
            yield from _airbyte_items(item)
        return
    if not isinstance(node, dict) or "bookmarks" in node:
        return
    descriptor = node.get("stream_descriptor") or node.get("streamDescriptor")
    if isinstance(descriptor, dict) and isinstance(descriptor.get("name"), str):
        inner = node.get("stream_state") or node.get("streamState")
        yield descriptor["name"], inner if isinstance(inner, dict) else {}
        return
    for name, item in node.items():
        if isinstance(item, dict) and _is_stream_state(item):
            yield name, item
        else:
            yield from _airbyte_items(item)


def _is_stream_state(item: dict[str, Any]) -> bool:
    return any(isinstance(item.get(name), str) for name in CURSORS)
