"""Changes of names and fields while the sandbox runs, as administrators make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.world.activity_types import FIRST_CUSTOM, api_name, external_types

if TYPE_CHECKING:
    from marketo_sandbox.library import Library
    from marketo_sandbox.world import World


class Metadata:
    """Renames and additions; only API names stay what they are."""

    def __init__(self, world: World, library: Library) -> None:
        """Bind the data.

        Args:
            world: With its fields and activity types.
            library: With the custom activity types.
        """
        self._world = world
        self._library = library

    def add_field(self, name: str, data_type: str = "string") -> None:
        """Add a lead field that is empty everywhere.

        Args:
            name: REST name.
            data_type: Of its values.
        """
        with self._world.lock:
            if name in self._world.fields:
                raise ValueError(f"there is a field {name} already")
            self._world.fields[name] = data_type

    def add_activity_type(self, name: str, *attributes: str) -> int:
        """Add a custom activity type.

        Args:
            name: That people see, in any script.
            attributes: Names of its attributes; all of them are text.

        Returns:
            Its id.
        """
        with self._world.lock:
            types = self._world.types
            number: int = max(FIRST_CUSTOM, *(one["id"] for one in types)) + 1
            made: dict[str, Any] = {
                "id": number,
                "name": name,
                "description": f"The activity “{name}”",
                "apiName": api_name(name, number),
                "primaryAttribute": {"name": "Primary", "dataType": "string"},
                "attributes": [{"name": one, "dataType": "string"} for one in attributes],
            }
            types.append(made)
            self._world.scene.types[number] = made
            self._library.records["custom_activity_types"] += external_types(
                [made], self._world.second()
            )
            return number

    def rename_activity_type(self, number: int, name: str) -> None:
        """Give an activity type another name.

        Args:
            number: Its id.
            name: That people see.
        """
        with self._world.lock:
            for one in self._both(number):
                one["name"] = name

    def rename_attribute(self, number: int, old: str, new: str) -> None:
        """Give an attribute of an activity type another name; past activities have it too.

        Args:
            number: Id of the type.
            old: The name so far.
            new: The name from now on.
        """
        with self._world.lock:
            found = [
                attribute
                for one in self._both(number)
                for attribute in one["attributes"]
                if attribute["name"] == old
            ]
            if not found:
                raise ValueError(f"activity type {number} has no attribute {old}")
            for attribute in found:
                attribute["name"] = new
            self._world.activities.rename(number, old, new)

    def add_attribute(self, number: int, name: str, data_type: str = "string") -> None:
        """Add an attribute to an activity type; past activities lack it.

        Args:
            number: Id of the type.
            name: That people see.
            data_type: Of its values.
        """
        with self._world.lock:
            self._world.scene.added.add((number, name))
            for one in self._both(number):
                more = {"name": name, "dataType": data_type}
                if "triggerName" in one:
                    more["apiName"] = api_name(name, len(one["attributes"]))
                one["attributes"].append(more)

    def rename_custom_object(self, name: str, display_name: str) -> None:
        """Give a custom object type another name that people see.

        Args:
            name: Its API name, which stays.
            display_name: The new name.
        """
        with self._world.lock:
            source: Any = self._world.sources.get(f"customobjects/{name}")
            if source is None:
                raise ValueError(f"no custom object {name}")
            source.display_name = display_name

    def _both(self, number: int) -> list[dict[str, Any]]:
        """An activity type, as it is listed and as its metadata has it."""
        external = self._library.records["custom_activity_types"]
        found = [one for one in (*self._world.types, *external) if one["id"] == number]
        if not found:
            raise ValueError(f"no activity type {number}")
        return found
