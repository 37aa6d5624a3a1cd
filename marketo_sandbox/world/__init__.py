"""The data of the instance: created from a seed on demand, and changed by actions."""

from __future__ import annotations

from marketo_sandbox.world.records import Activity, Lead
from marketo_sandbox.world.world import World

__all__ = ["Activity", "Lead", "World"]
