"""The tap that the doctor checks, without exporting anything."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tap_marketo.client.errors import AccessDeniedError
from tap_marketo.instance import connect
from tap_marketo.streams.meltano_select import meltano_rules, selects
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from tap_marketo.client import MarketoClient
    from tap_marketo.inputs import Inputs

# Enough for a temporary failure; a check must not take minutes.
TRIES = 2


class CheckedTap(TapMarketo):
    """The tap with the selection that a sync would have.

    Attributes:
        is_explicit: Whether a catalog or Meltano's `select` names the streams.
    """

    def __init__(self, inputs: Inputs) -> None:
        """Create the tap from the command's inputs.

        Args:
            inputs: Configuration, catalog and state.

        Raises:
            ConfigValidationError: A setting is invalid.
        """
        self.rules, self.filters = ([], []) if inputs.catalog else meltano_rules()
        self.is_explicit = bool(inputs.catalog or self.rules)
        super().__init__(
            config=dict(inputs.config),
            parse_env_config=inputs.parse_env,
            catalog=inputs.catalog,
            state=inputs.state,
            setup_mapper=False,
        )

    @cached_property
    def client(self) -> MarketoClient:
        """Client that makes few attempts."""
        return connect(self.settings, max_tries=TRIES)

    def select(self) -> None:
        """Discover the streams, and apply Meltano's selection if there is no catalog.

        Raises:
            MarketoError: A call failed.
        """
        for name, stream in self.streams.items():
            if self.rules:
                stream.selected = selects(self.rules, self.filters, name)
            if name in self.unreadable:
                stream.selected = False

    @property
    def denied(self) -> set[str]:
        """Permissions that were missing in discovery."""
        return {
            permission
            for name, permission in (
                ("leads", "Read-Only Lead"),
                ("activities", "Read-Only Activity"),
            )
            if isinstance(self.unreadable.get(name), AccessDeniedError)
        }

    def wants(self, *names: str) -> bool:
        """Return whether a sync would read one of some streams, even if discovery failed for them.

        Args:
            names: Names of streams; a name may end in `*`.
        """
        return any(self._wants(name) for name in names)

    def missing(self) -> list[str]:
        """Return selected streams of the catalog that the instance does not offer."""
        offered = {stream.tap_stream_id for stream in self.streams.values()}
        return sorted(set(self._in_catalog()) - offered)

    def may_be_wanted(self, name: str) -> bool:
        """Return whether a stream is selected explicitly, so that its description is worth a call.

        Args:
            name: Name of the stream.
        """
        return self.is_explicit and self.wants(name)

    def _wants(self, name: str) -> bool:
        prefix = name.removesuffix("*") if name.endswith("*") else None
        if self.input_catalog is not None:
            names = self._in_catalog()
        elif self.rules:
            if selects(self.rules, self.filters, name):
                return True
            names = [rule.partition(".")[0] for rule in self.rules if prefix]
        else:
            return True
        return name in names or any(prefix and other.startswith(prefix) for other in names)

    def _in_catalog(self) -> list[str]:
        entries = (self.input_catalog or {}).items()
        return [name for name, entry in entries if entry.metadata.root.selected]
