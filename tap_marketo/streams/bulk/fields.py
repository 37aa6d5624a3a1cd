"""Bulk streams whose columns are the fields of a describe call."""

from __future__ import annotations

import dataclasses
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo.client.errors import FieldNotFoundError
from tap_marketo.exports.job import ExportRequest
from tap_marketo.exports.machine.series import Amended
from tap_marketo.streams.bulk.base import BulkStream
from tap_marketo.values.kinds import Column, Kind, json_schema, kind_of
from tap_marketo.values.names import field_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_marketo.client.errors import ResponseError
    from tap_marketo.exports.machine.series import Piece, Series
    from tap_marketo.state import Bookmark
    from tap_marketo.tap import TapMarketo

Fields = dict[str, dict[str, Any]]
CHANGED = "updatedAt"
QUOTED = re.compile(r"[\w.$-]+")


class FieldsStream(BulkStream):
    """The selected fields of one object, in windows over the time of the last change."""

    key_kinds: ClassVar[dict[str, Kind]]
    """Kinds of the key fields, by API name."""
    selected_by_default = False
    undescribed: ClassVar[frozenset[str]] = frozenset()
    """Fields that exports have although no describe call lists them."""
    pins_header = False
    """Whether requests must set the header, because files use other names than the API."""

    def __init__(
        self,
        tap: TapMarketo,
        name: str,
        base: str,
        fields: Fields,
        constants: Mapping[Column, str] = MappingProxyType({}),
    ) -> None:
        """Create a typed column for every field.

        Args:
            tap: Tap with its settings.
            name: Stream name.
            base: Path of the object's export endpoints.
            fields: Fields as `described` returns them.
            constants: Columns that no file has, null in its records, with their descriptions.
        """
        self.base = base
        self.group_name = name
        known: Fields = {key: {} for key in (*self.key_kinds, CHANGED)} | fields
        names = field_columns(known, renamed=tap.settings.snake_case)
        self._fields = fields
        self._columns = {
            source: Column(
                source,
                names[source],
                self._kind(source, known[source]),
                required=source in self.key_kinds,
                key=source in self.key_kinds,
            )
            for source in known
        }
        properties = {
            column.name: json_schema(column.kind)
            | ({"title": str(title)} if (title := known[source].get("displayName")) else {})
            for source, column in self._columns.items()
        }
        self._constants = tuple(constants)
        for column, text in constants.items():
            properties[column.name] = json_schema(column.kind) | {"description": text}
        super().__init__(tap, name, {"type": "object", "properties": properties})
        self.primary_keys = [names[key] for key in self.key_kinds]
        self.replication_key = names[CHANGED]

    def described(self) -> Fields:
        """The current fields of the object, by API name.

        Raises:
            ResponseError: The API user may not read them, or the call failed.
        """
        raise NotImplementedError

    def export_request(self, members: Sequence[BulkStream]) -> ExportRequest:  # noqa: ARG002
        """Request only the keys and the selected fields."""
        self.warn_of_gone_columns()
        wanted = [
            name
            for name, column in self._columns.items()
            if name in self.key_kinds or (name in self._fields and self.is_written(column.name))
        ]
        return ExportRequest(
            self.name, self.base, tuple(wanted), CHANGED, pins_header=self.pins_header
        )

    def configure(self, series: Series, bookmark: Bookmark, *, ask: bool) -> None:  # noqa: ARG002
        """Leave out fields deleted since discovery, with a warning."""
        series.amend = self.amended

    def amended(self, piece: Piece, error: ResponseError) -> Amended:
        """The request without the fields that a refusal names.

        Args:
            piece: Piece whose job was refused.
            error: Marketo's answer.

        Raises:
            ResponseError: The same error, if it is not about fields.
        """
        if not names_fields(error):
            raise error
        return Amended(self._without_field(piece.series.request, error))

    def columns(self, fields: Sequence[str]) -> list[Column]:
        """The requested fields, and the columns that no file has."""
        return [*(self._columns[name] for name in fields), *self._constants]

    def _kind(self, name: str, field: dict[str, Any]) -> Kind:
        if name in self.key_kinds:
            return self.key_kinds[name]
        return Kind.DATETIME if name == CHANGED else kind_of(str(field.get("dataType")))

    def _without_field(self, request: ExportRequest, error: ResponseError) -> ExportRequest:
        fields = self.described()
        named = set(QUOTED.findall(error.reason))
        gone = [
            name
            for name in request.fields
            if name not in self.key_kinds and (name not in fields or name in named)
        ]
        # A refusal that names no known field is probably about an undescribed one.
        gone = gone or [name for name in request.fields if name in self.undescribed]
        if not gone:
            raise error
        for name in gone:
            reason = (
                "cannot be exported from this instance"
                if name in self.undescribed
                else "was deleted in Marketo since discovery"
            )
            self.logger.warning("Field %s %s and stays empty. (%s)", name, reason, error)
        kept = tuple(name for name in request.fields if name not in gone)
        return dataclasses.replace(request, fields=kept)


def names_fields(error: ResponseError) -> bool:
    """Whether a refusal is about fields: 1006, or 1003 on some instances.

    Args:
        error: Marketo's answer to a request.
    """
    return isinstance(error, FieldNotFoundError) or (
        error.code == "1003" and "field" in error.reason.lower()
    )


def by_name(items: Sequence[dict[str, Any]]) -> Fields:
    """The fields of a describe reply, by API name, without formula fields, which have no export.

    Args:
        items: `result` of the reply.

    Source: field-types.md
    """
    return {
        field["name"]: field
        for item in items
        for field in item.get("fields") or ()
        if field.get("name") and str(field.get("dataType")).lower() != "formula"
    }
