"""The selected streams, as far as they are known before discovery."""

from __future__ import annotations

from functools import cached_property

from singer_sdk import Tap

from tap_marketo.streams.meltano_select import meltano_rules, selects


class Selection(Tap):
    """A tap that knows what its catalog selects."""

    @cached_property
    def unreadable(self) -> dict[str, Exception]:
        """Main streams that are offered but cannot be read, with the error of each."""
        return {}

    def wants(self, *names: str) -> bool:
        """Whether any of the streams is selected, as far as is known before discovery.

        Args:
            names: Stream names; `*` at the end matches any suffix.
        """
        selected = self.selected_in_catalog()
        return self.input_catalog is None or any(
            stream == name or (name.endswith("*") and stream.startswith(name[:-1]))
            for name in names
            for stream in selected
        )

    def may_be_wanted(self, name: str) -> bool:
        """Whether an optional stream is worth the call that describes it.

        Args:
            name: Stream name; see `wants`.
        """
        return self.wants(name)

    def named(self) -> set[str]:
        """The streams that are selected by name.

        With Meltano, the streams that `select` names without a wildcard; otherwise those that the
        catalog selects, unless it selects all its streams.
        """
        rules, filters = meltano_rules()
        if rules:
            names = {rule.partition(".")[0] for rule in rules if not rule.startswith("!")}
            names = {name for name in names if not set("*?[") & set(name)}
            return {name for name in names if selects(rules, filters, name)}
        selected = self.selected_in_catalog()
        return set() if selected == set(self.input_catalog or {}) else selected

    def selected_in_catalog(self) -> set[str]:
        """The streams that the catalog selects; empty without a catalog."""
        entries = (self.input_catalog or {}).items()
        return {name for name, entry in entries if entry.metadata.root.selected}
