"""Base of the streams whose records come from export files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo.sdk import TapStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_marketo.files.records import Row, Shape
    from tap_marketo.values.anomalies import Anomalies
    from tap_marketo.values.kinds import Column


class ExportedStream(TapStream):
    """A stream whose records come from export files.

    Attributes:
        tap: Tap with its settings, plan and message writer.
        anomalies: Counts of what the files lost.
    """

    tap: Any
    anomalies: Anomalies

    def columns(self, fields: Sequence[str]) -> list[Column] | None:
        """Return the columns of a record; None if it has more than columns of the file.

        Args:
            fields: Fields of the export's request.
        """
        raise NotImplementedError

    def reader(
        self, header: Sequence[str], fields: Sequence[str], shape: Shape | None
    ) -> Callable[[Row], Any]:
        """Return a function that converts a row to a record.

        Args:
            header: Header of the file.
            fields: Fields of the export's request.
            shape: How to create records; None for dicts.
        """
        raise NotImplementedError

    def routing_column(self, header: Sequence[str]) -> int | None:
        """Return the place of the cell that determines the streams of a row; None for all streams.

        Args:
            header: Header of the file.
        """
        raise NotImplementedError

    def accepts(self, cell: str) -> bool:
        """Return whether rows with a cell belong to the stream.

        Args:
            cell: Routing cell in the file.
        """
        raise NotImplementedError

    def write_state(self) -> None:
        """Write the state, which includes the windows that are complete."""
        raise NotImplementedError

    def is_written(self, column: str) -> bool:
        """Return whether a column is selected and in the SCHEMA message.

        Args:
            column: Name of the column in the record.
        """
        known = self.effective_schema["properties"]
        return column in known and bool(self.mask["properties", column])
