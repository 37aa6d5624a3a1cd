"""Reads the attributes of an activity type with typed decoders.

A decoder that forbids unknown names reads the usual cell. A cell that it refuses is read into a
dict, and later decoders include what the cell has: undeclared names, values of other types, and
the order of names in an array. So only the first rows of an unusual format are slow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tap_marketo.files.attributes import decimal_digits, read_attributes
from tap_marketo.values.convert import to_text
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_marketo.files.records import AttributeColumns

UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')
"""Characters that msgspec does not accept in the name of a field."""

MOST_NAMES = 64
"""Maximum undeclared names that are learned."""
MOST_DECODERS = 100

# A JSON float is exact only through the decoder's float_hook, which needs an undeclared type.
_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | None,
    Kind.INTEGER: Any,
    Kind.NUMBER: Any,
    Kind.BOOLEAN: Any,
    Kind.DATE: str | None,
    Kind.DATETIME: str | None,
}
_TEXTS = (Kind.TEXT, Kind.DATE, Kind.DATETIME)


class AttributeReader:
    """Reads a cell into an object with a0, a1, … for the declared attributes, and `rest`."""

    def __init__(self, attributes: AttributeColumns, refused: Callable[[int], None]) -> None:
        """Create the decoder of the usual cell.

        Args:
            attributes: Attributes of the activity type.
            refused: Called with the place of an attribute whose value has another type.
        """
        self._names = list(attributes.columns)
        self._aliases = attributes.aliases
        self._kinds = [column.kind for column in attributes.columns.values()]
        self._types = [_TYPES[kind] for kind in self._kinds]
        self._refused = refused
        self._more: list[str] = []
        self._decoders_left = MOST_DECODERS
        self._make: Callable[..., Any] = msgspec.defstruct(
            "Attributes",
            [*((f"a{place}", Any, None) for place in range(len(self._names))), ("rest", Any, None)],
            gc=False,
        )
        self._nothing = self._make()
        self._decode = self._object_decoder()
        self._arrays: dict[int, Callable[[str], Any]] = {}

    def __call__(self, cell: str) -> Any:
        """Return the attributes of a cell without anomalies.

        Raises:
            UNREADABLE: There is an anomaly.
        """
        if not cell or cell == "null":
            return self._nothing
        if "\\u0000" in cell:
            raise ValueError("a NUL character")
        try:
            if cell[0] == "[":
                return self._arrays[cell.count('"name"')](cell)
            return self._decode(cell)
        except (msgspec.MsgspecError, KeyError):
            return self._by_dict(cell)

    def accept_any(self, place: int) -> None:
        """Accept values of every type for an attribute; its column converts them."""
        self._types[place] = Any
        self._kinds[place] = Kind.OBJECT
        self._decode = self._object_decoder()
        self._arrays.clear()

    def _by_dict(self, cell: str) -> Any:
        attributes = read_attributes(cell)
        names = list(attributes)
        rename(attributes, self._aliases)
        own = [
            self._plain(place, attributes.pop(name, None)) for place, name in enumerate(self._names)
        ]
        if self._decoders_left > 0:
            self._learn(cell, names, attributes)
        return self._make(*own, attributes or None)

    def _plain(self, place: int, value: object) -> object:
        """Return a value that the expression of its kind can read or refuse."""
        kind = self._kinds[place]
        if kind in _TEXTS and value is not None and value.__class__ is not str:
            self._refused(place)
            if kind is not Kind.TEXT:
                raise ValueError("not text")
            return to_text(value)
        return value

    def _learn(self, cell: str, names: Sequence[str], undeclared: Iterable[str]) -> None:
        if any(UNNAMEABLE.search(name) for name in names):
            return
        if cell[0] == "[":
            self._decoders_left -= 1
            self._arrays[cell.count('"name"')] = self._array_decoder(names)
            return
        new = [name for name in undeclared if name not in self._more]
        if new and len(self._more) + len(new) <= MOST_NAMES:
            self._decoders_left -= 1
            self._more += new
            self._decode = self._object_decoder()

    def _object_decoder(self) -> Callable[[str], Any]:
        if any(UNNAMEABLE.search(name) for name in self._names):
            return _refuse
        more = [(name, f"m{place}") for place, name in enumerate(self._more)]
        struct = msgspec.defstruct(
            "AttributesObject",
            [
                *(
                    (f"a{place}", self._types[place], msgspec.field(default=None, name=name))
                    for place, name in enumerate(self._names)
                ),
                *(
                    (place, Any, msgspec.field(default=msgspec.UNSET, name=name))
                    for name, place in more
                ),
            ],
            namespace={"rest": property(_rest_of(more)) if more else None},
            forbid_unknown_fields=True,
            gc=False,
        )
        return msgspec.json.Decoder(struct, float_hook=decimal_digits).decode

    def _array_decoder(self, names: Sequence[str]) -> Callable[[str], Any]:
        """Return the decoder of arrays with these names in this order."""
        places = {name: place for place, name in enumerate(self._names)}
        places |= {
            alias: places[name]
            for alias, name in self._aliases.items()
            if alias not in places and name not in names
        }
        items = [
            msgspec.defstruct(
                "Attribute",
                [
                    ("name", Literal[name]),
                    ("value", self._types[places[name]] if name in places else Any, None),
                ],
                gc=False,
            )
            for name in names
        ]
        decode = msgspec.json.Decoder(tuple[tuple(items)], float_hook=decimal_digits).decode  # type: ignore[misc]
        at = {places[name]: number for number, name in enumerate(names) if name in places}
        values = [
            f"t[{at[place]}].value" if place in at else "None" for place in range(len(self._names))
        ]
        others = [f"{name!r}: t[{n}].value" for n, name in enumerate(names) if name not in places]
        values.append(f"{{{', '.join(others)}}}" if others else "None")
        # The source has only numbers, and names of the file as quoted literals.
        build = eval(f"lambda t: make({', '.join(values)})", {"make": self._make})  # noqa: S307
        return lambda cell: build(decode(cell))


def rename(attributes: dict[str, Any], aliases: dict[str, str]) -> None:
    """Rename attributes that a cell has under their API name to their display name."""
    for alias, name in aliases.items():
        if alias in attributes and name not in attributes:
            attributes[name] = attributes.pop(alias)


def _rest_of(more: Sequence[tuple[str, str]]) -> Callable[[Any], dict[str, Any] | None]:
    if len(more) == 1:
        ((name, place),) = more

        def only(self: Any) -> dict[str, Any] | None:
            value = getattr(self, place)
            return None if value is msgspec.UNSET else {name: value}

        return only

    def rest(self: Any) -> dict[str, Any] | None:
        values = ((name, getattr(self, place)) for name, place in more)
        return {name: value for name, value in values if value is not msgspec.UNSET} or None

    return rest


def _refuse(_: str) -> Any:
    raise msgspec.ValidationError("a name that no decoder accepts")
