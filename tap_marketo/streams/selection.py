"""Which streams somebody selected, as far as is known before discovery."""

from __future__ import annotations

from functools import cached_property

from singer_sdk import Tap


class Selection(Tap):
    """What the given catalog selects."""

    @cached_property
    def unreadable(self) -> dict[str, Exception]:
        """Main streams that are offered although the instance does not let them be read."""
        return {}

    def wants(self, *names: str) -> bool:
        """Whether one of some streams is selected, as far as is known before discovery.

        Args:
            names: Of streams; one that ends in `*` stands for all that begin so.
        """
        selected = self.selected_in_catalog()
        return self.input_catalog is None or any(
            one == name or (name.endswith("*") and one.startswith(name[:-1]))
            for name in names
            for one in selected
        )

    def may_be_wanted(self, name: str) -> bool:
        """Whether an optional stream is worth the call that describes it.

        Args:
            name: Its name; see `wants`.
        """
        return self.wants(name)

    def selected_in_catalog(self) -> set[str]:
        """The streams that the given catalog selects; none without a catalog."""
        entries = (self.input_catalog or {}).items()
        return {name for name, entry in entries if entry.metadata.root.selected}
