"""The columns of an exported table, with their order and kinds."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo.export.errors import ExportError
from tap_marketo.values.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BY_TYPE = {"integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}
_BY_FORMAT = {"date": Kind.DATE, "date-time": Kind.DATETIME}


@dataclass(frozen=True)
class TableColumn:
    """One column of the file."""

    name: str
    kind: Kind


def table_columns(
    stream: str, properties: Mapping[str, Mapping[str, Any]], fields: Sequence[str]
) -> list[TableColumn]:
    """The columns to write, in the requested order; all columns if none are named.

    Raises:
        ExportError: The stream has no such field, or a field is named twice.
    """
    wanted = list(fields) or list(properties)
    titles = {str(schema.get("title", "")): name for name, schema in properties.items()}
    for name in wanted:
        if name not in properties:
            raise ExportError(f"{stream} has no field {name!r}.{_hint(name, properties, titles)}")
    repeated = sorted({name for name in wanted if wanted.count(name) > 1})
    if repeated:
        raise ExportError(f"--fields names {', '.join(repeated)} twice.")
    return [TableColumn(name, kind_in(properties[name])) for name in wanted]


def _hint(name: str, names: Iterable[str], titles: Mapping[str, str]) -> str:
    # A title is the name in Marketo's interface: "Email Address" is the field email.
    near = suggestions(name, [*names, *titles])
    names_near = list(dict.fromkeys(titles.get(title, title) for title in near))
    return did_you_mean(names_near) or " tap-marketo export STREAM --list shows the fields."


def kind_in(schema: Mapping[str, Any]) -> Kind:
    """The kind of a column, from its JSON Schema; JSON if it allows several types."""
    types = schema.get("type", [])
    kinds = [type_ for type_ in ([types] if isinstance(types, str) else types) if type_ != "null"]
    if kinds == ["string"]:
        return _BY_FORMAT.get(str(schema.get("format")), Kind.TEXT)
    if len(kinds) == 1 and kinds[0] in _BY_TYPE:
        return _BY_TYPE[kinds[0]]
    return Kind.OBJECT


def suggestions(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that are similar to a misspelled one."""
    by_folded = {candidate.casefold(): candidate for candidate in known if candidate}
    folded = name.casefold()
    near = difflib.get_close_matches(folded, by_folded, n=3, cutoff=0.7)
    if not near:
        near = [candidate for candidate in by_folded if folded and folded in candidate][:3]
    return [by_folded[candidate] for candidate in near]


def did_you_mean(names: Sequence[str]) -> str:
    """A sentence to append to an error; empty if there is no suggestion."""
    if not names:
        return ""
    *others, last = names
    return f" Did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
