"""Changes of names and fields while the sandbox runs, as by an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marketo_sandbox.world.activity_types import FIRST_CUSTOM, api_name, external_types

if TYPE_CHECKING:
    from marketo_sandbox.library import Library
    from marketo_sandbox.world import World


class Metadata:
    """Renames and additions; API names never change."""

    def __init__(self, world: World, library: Library) -> None:
        """Store the data.

        Args:
            world: World with its fields and activity types.
            library: Library with the custom activity types.
        """
        self._world = world
        self._library = library

    def add_field(self, name: str, data_type: str = "string") -> None:
        """Add a lead field that is empty in all leads.

        Args:
            name: REST name of the field.
            data_type: Data type of its values.
        """
        with self._world.lock:
            if name in self._world.fields:
                raise ValueError(f"field {name} already exists")
            self._world.fields[name] = data_type

    def add_activity_type(self, name: str, *attributes: str) -> int:
        """Add a custom activity type.

        Args:
            name: Display name, in any script.
            attributes: Names of its attributes, which are all text.

        Returns:
            The new id.
        """
        with self._world.lock:
            types = self._world.types
            number: int = max(FIRST_CUSTOM, *(type_["id"] for type_ in types)) + 1
            made: dict[str, Any] = {
                "id": number,
                "name": name,
                "description": f"The activity “{name}”",
                "apiName": api_name(name, number),
                "primaryAttribute": {"name": "Primary", "dataType": "string"},
                "attributes": [
                    {"name": attribute, "dataType": "string"} for attribute in attributes
                ],
            }
            types.append(made)
            self._world.scene.types[number] = made
            self._library.records["custom_activity_types"] += external_types(
                [made], self._world.second()
            )
            return number

    def rename_activity_type(self, number: int, name: str) -> None:
        """Rename an activity type.

        Args:
            number: Id of the type.
            name: New display name.
        """
        with self._world.lock:
            for type_ in self._both(number):
                type_["name"] = name

    def rename_attribute(self, number: int, old: str, new: str) -> None:
        """Rename an attribute of an activity type, also in past activities.

        Args:
            number: Id of the type.
            old: Old name.
            new: New name.
        """
        with self._world.lock:
            attributes = [
                attribute
                for type_ in self._both(number)
                for attribute in type_["attributes"]
                if attribute["name"] == old
            ]
            if not attributes:
                raise ValueError(f"activity type {number} has no attribute {old}")
            for attribute in attributes:
                attribute["name"] = new
            self._world.activities.rename(number, old, new)

    def add_attribute(self, number: int, name: str, data_type: str = "string") -> None:
        """Add an attribute to an activity type; past activities lack it.

        Args:
            number: Id of the type.
            name: Display name.
            data_type: Data type of its values.
        """
        with self._world.lock:
            self._world.scene.added.add((number, name))
            for type_ in self._both(number):
                more = {"name": name, "dataType": data_type}
                if "triggerName" in type_:
                    more["apiName"] = api_name(name, len(type_["attributes"]))
                type_["attributes"].append(more)

    def rename_custom_object(self, name: str, display_name: str) -> None:
        """Change the display name of a custom object type.

        Args:
            name: API name, which does not change.
            display_name: New display name.
        """
        with self._world.lock:
            source: Any = self._world.sources.get(f"customobjects/{name}")
            if source is None:
                raise ValueError(f"no custom object {name}")
            source.display_name = display_name

    def _both(self, number: int) -> list[dict[str, Any]]:
        """An activity type in the list and in the metadata."""
        external = self._library.records["custom_activity_types"]
        found = [type_ for type_ in (*self._world.types, *external) if type_["id"] == number]
        if not found:
            raise ValueError(f"no activity type {number}")
        return found
