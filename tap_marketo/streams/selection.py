"""Which streams somebody selected, as far as is known before discovery."""

from __future__ import annotations

from functools import cached_property

from singer_sdk import Tap

from tap_marketo.streams.meltano_select import meltano_rules, selects


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

    def named(self) -> set[str]:
        """The streams that somebody chose by name.

        Those that Meltano's `select` names without a wildcard; without Meltano, those that the
        catalog selects, unless it selects all that it has.
        """
        rules, filters = meltano_rules()
        if rules:
            names = {rule.partition(".")[0] for rule in rules if not rule.startswith("!")}
            names = {one for one in names if not set("*?[") & set(one)}
            return {one for one in names if selects(rules, filters, one)}
        selected = self.selected_in_catalog()
        return set() if selected == set(self.input_catalog or {}) else selected

    def selected_in_catalog(self) -> set[str]:
        """The streams that the given catalog selects; none without a catalog."""
        entries = (self.input_catalog or {}).items()
        return {name for name, entry in entries if entry.metadata.root.selected}
