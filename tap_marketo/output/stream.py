"""What writing records needs of the stream whose records they are."""

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
        tap: The tap, with its settings, plan and message writer.
        anomalies: What was odd in the files.
    """

    tap: Any
    anomalies: Anomalies

    def columns(self, fields: Sequence[str]) -> list[Column] | None:
        """The columns of the file that make up a record; None if there is more to it.

        Args:
            fields: As the export asked for them.
        """
        raise NotImplementedError

    def reader(
        self, header: Sequence[str], fields: Sequence[str], shape: Shape | None
    ) -> Callable[[Row], Any]:
        """A function that makes this stream's record of a row.

        Args:
            header: Of the file.
            fields: As the export asked for them.
            shape: What records are made of; None for dicts.
        """
        raise NotImplementedError

    def routing_column(self, header: Sequence[str]) -> int | None:
        """The place of the cell that says which streams a row belongs to; None for all.

        Args:
            header: Of the file.
        """
        raise NotImplementedError

    def accepts(self, cell: str) -> bool:
        """Whether rows with this cell belong to the stream.

        Args:
            cell: As the file spells it.
        """
        raise NotImplementedError

    def write_state(self) -> None:
        """Write the state, which is still that of the last finished window."""
        raise NotImplementedError

    def is_written(self, column: str) -> bool:
        """Whether a column is selected, and known to whoever reads the SCHEMA.

        Args:
            column: Its name in the record.
        """
        known = self.effective_schema["properties"]
        return column in known and bool(self.mask["properties", column])
