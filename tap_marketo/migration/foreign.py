"""The saved state of another connector: whose it is, and the bookmarks that it holds."""

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
    """Whose connector wrote a state."""

    STITCH = "stitch"
    AIRBYTE = "airbyte"
    HOTGLUE = "hotglue"

    def __str__(self) -> str:
        """Its name, as people write it."""
        return "hotglue" if self is Origin.HOTGLUE else self.value.capitalize()


class StateError(TapError):
    """A state that is not what it was given for."""


@dataclass(frozen=True)
class Bookmark:
    """How far a connector has come with one of its streams.

    Attributes:
        stream: Its own name for the stream.
        cursor: The field that the value belongs to; empty where it does not say.
        value: As the state has it; empty when there is none yet.
        export_id: An export job that the connector had not finished.
    """

    stream: str
    cursor: str = ""
    value: str = ""
    export_id: str = ""


def parse(text: str) -> JSON:
    """Read a file of one state, or of one state a line, as targets and Airbyte's logs have them.

    Args:
        text: JSON or JSON Lines.

    Returns:
        The state; of several Singer states the last, of several of Airbyte's a list.

    Raises:
        StateError: It is no JSON.
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
        raise StateError("The state is empty: there is nothing to go on from.")
    return states if any(_airbyte_items(states)) else states[-1]


def unwrapped(document: JSON) -> JSON:
    """The state without what Singer's messages and Meltano put around it.

    Args:
        document: Any JSON.
    """
    if isinstance(document, dict):
        for envelope in ("singer_state", "value"):
            if isinstance(document.get(envelope), dict) and "bookmarks" not in document:
                return unwrapped(document[envelope])
    return document


def origin_of(state: JSON) -> Origin | None:
    """Whose state this is; None when it may be this tap's own, or nobody's that is known.

    Args:
        state: Without envelopes.
    """
    if any(_airbyte_items(state)):
        return Origin.AIRBYTE
    if not isinstance(state, dict):
        return None
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        return None
    streams = {name: one for name, one in bookmarks.items() if isinstance(one, dict)}
    if any(name.startswith("event_") for name in streams):
        return Origin.HOTGLUE
    if any(
        name.startswith("activities_") or (_SINGER_VALUE not in one and _cursor(one))
        for name, one in streams.items()
    ):
        return Origin.STITCH
    return None


def bookmarks(state: JSON, origin: Origin) -> list[Bookmark]:
    """The bookmark of each stream.

    Args:
        state: Without envelopes.
        origin: Whose it is.

    Raises:
        StateError: It holds none.
    """
    if origin is Origin.AIRBYTE:
        found = [
            Bookmark(name, cursor := _cursor(one), _text(one.get(cursor)))
            for name, one in dict(_airbyte_items(state)).items()
        ]
    else:
        inside = state.get("bookmarks") if isinstance(state, dict) else None
        streams = inside.items() if isinstance(inside, dict) else ()
        found = [_singer(name, one) for name, one in streams if isinstance(one, dict)]
    if not found:
        raise StateError(f"The state holds no bookmarks as {origin} writes them.")
    return found


def own(document: JSON) -> dict[str, Any]:
    """A state as this tap wrote it.

    To read another's as one's own would mean to find no bookmarks, and export everything again.

    Args:
        document: What the tap is given for its state.

    Raises:
        StateError: It is the state of another connector, is still in an envelope, or is none.
    """
    inner = unwrapped(document)
    origin = origin_of(inner)
    if origin:
        raise StateError(
            f"This is the state of {origin}'s Marketo connector, which the tap would not find its"
            " bookmarks in: it would export everything again. Convert it first:"
            " tap-marketo migrate-state --config config.json THEIR_STATE.json > state.json"
        )
    if inner is not document:
        raise StateError(
            "The state is still in its envelope (singer_state of Meltano, or a whole STATE"
            " message): give the tap the object that holds bookmarks."
        )
    if not isinstance(document, dict) or (document and not _OURS & document.keys()):
        raise StateError(
            "This is no state that the tap wrote: it holds no bookmarks, and everything would be"
            " exported again. Give the last STATE of the target, or no state at all."
        )
    bookmarks = document.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or any(
        not isinstance(one, dict) for one in bookmarks.values()
    ):
        raise StateError(
            "The bookmarks of the state are no object for each stream: give the last STATE of the"
            " target as it is."
        )
    return document


def _singer(name: str, one: dict[str, Any]) -> Bookmark:
    cursor = _cursor(one)
    value = one.get(cursor, one.get(_SINGER_VALUE))
    return Bookmark(
        name, cursor or _text(one.get("replication_key")), _text(value), _text(one.get("export_id"))
    )


def _cursor(one: dict[str, Any]) -> str:
    return next((name for name in CURSORS if name in one), "")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _airbyte_items(node: JSON) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and state of each stream, in any of the forms in which Airbyte shows them."""
    if isinstance(node, list):
        for one in node:
            yield from _airbyte_items(one)
        return
    if not isinstance(node, dict) or "bookmarks" in node:
        return
    descriptor = node.get("stream_descriptor") or node.get("streamDescriptor")
    if isinstance(descriptor, dict) and isinstance(descriptor.get("name"), str):
        inner = node.get("stream_state") or node.get("streamState")
        yield descriptor["name"], inner if isinstance(inner, dict) else {}
        return
    for name, one in node.items():
        if isinstance(one, dict) and _is_stream_state(one):
            yield name, one
        else:
            yield from _airbyte_items(one)


def _is_stream_state(one: dict[str, Any]) -> bool:
    return any(isinstance(one.get(name), str) for name in CURSORS)
