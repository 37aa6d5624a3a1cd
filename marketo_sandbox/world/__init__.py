"""The data of the instance: made from a seed when somebody looks, changed by what people do."""

from __future__ import annotations

from marketo_sandbox.world.records import Activity, Lead
from marketo_sandbox.world.world import World

__all__ = ["Activity", "Lead", "World"]
