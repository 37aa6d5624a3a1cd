"""Declares settings, reads them from the environment, and describes invalid ones."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import typing as th

from tap_marketo.sdk import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema import ValidationError

_DECLARATION = "declaration"


class SettingError(ValueError):
    """A setting has an invalid value; the message names the setting."""


@dataclass(frozen=True)
class Declaration:
    """Definition of a setting.

    Attributes:
        kind: JSON Schema, as a type of the Singer SDK.
        title: Label in Meltano and its Hub.
        description: Description of one or two sentences.
        group: Heading in the documentation.
        default: Value if the setting is not set.
        unset: Behaviour without a value, for a setting without a default.
        options: Allowed values with their labels.
        required: Whether the setting is required.
        secret: Whether the value must never be shown.
        placeholder: Example value.
        parse: Converts a value that matches the schema.
    """

    kind: Any
    title: str
    description: str
    group: str
    default: Any = None
    unset: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    secret: bool = False
    placeholder: str | None = None
    parse: Callable[[Any], Any] | None = None


def setting(kind: Any, title: str, description: str, **more: Any) -> Any:
    """Declare a setting as a field of a dataclass.

    Args:
        kind: JSON Schema, as a type of the Singer SDK.
        title: Label in Meltano and its Hub.
        description: Description of one or two sentences.
        more: Other attributes of `Declaration`.

    Returns:
        A dataclass field.
    """
    declaration = Declaration(kind, title, description, **more)
    default = declaration.default
    arguments: dict[str, Any] = {"default": MISSING if declaration.required else default}
    if isinstance(default, list):
        arguments = {"default_factory": lambda: list(default)}
    return field(**arguments, repr=not declaration.secret, metadata={_DECLARATION: declaration})


def declarations(settings: type[Any]) -> dict[str, Declaration]:
    """Return the declarations of a settings class by name.

    Args:
        settings: Dataclass whose fields are created by `setting`.
    """
    return {declared.name: declared.metadata[_DECLARATION] for declared in fields(settings)}


def schema(settings: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of a settings class.

    Args:
        settings: Dataclass whose fields are created by `setting`.
    """
    return th.PropertiesList(
        *(
            th.Property(
                name,
                declared.kind,
                required=declared.required,
                default=declared.default,
                allowed_values=list(declared.options) or None,
                secret=declared.secret,
                title=declared.title,
                description=f"{declared.description} Default: {declared.unset}."
                if declared.unset
                else declared.description,
            )
            for name, declared in declarations(settings).items()
        )
    ).to_dict()


def parsed(settings: type[Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the values of a configuration.

    Args:
        settings: Dataclass whose fields are created by `setting`.
        config: Configuration that matches the schema.

    Raises:
        SettingError: A value is invalid in a way that the schema cannot express.
    """
    values: dict[str, Any] = {}
    for name, declared in declarations(settings).items():
        value = config.get(name)
        if value is None:
            continue
        # The SDK reads decimals of a configuration file as Decimal, which no float can be added to.
        value = float(value) if isinstance(value, Decimal) else value
        try:
            values[name] = declared.parse(value) if declared.parse else value
        except ValueError as error:
            raise SettingError(f"{name}: {error}") from None
    return values


def from_environment(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables as the SDK does, but accept decimal numbers.

    Text that is not a number is returned unchanged, and `problems` reports it.

    Args:
        schema: JSON Schema of all settings, including the SDK's.
        prefix: Prefix of the variables' names.
    """
    numeric = {
        name
        for name, declared in schema["properties"].items()
        if {"integer", "number"} & set(_types(declared))
    }
    as_text = {name: {"type": "string"} for name in numeric}
    texts = parse_environment_config({"properties": {**schema["properties"], **as_text}}, prefix)
    return {name: _number(text) if name in numeric else text for name, text in texts.items()}


def problem(error: ValidationError) -> str:
    """Describe an invalid setting without its value.

    Args:
        error: Violation of the schema.
    """
    if error.validator == "required":
        config = cast("dict[str, Any]", error.instance)
        missing = [name for name in cast("list[str]", error.validator_value) if name not in config]
        return f"{', '.join(missing)}: required, but missing"
    name = ".".join(str(part) for part in error.path)
    rule = {
        "type": "must be of type",
        "enum": "must be one of",
        "minimum": "must be at least",
        "maximum": "must be at most",
        "exclusiveMinimum": "must be greater than",
        "minLength": "must not be empty; characters needed:",
        "format": "must be a",
        "pattern": "each must be a name without a comma; must match",
    }.get(str(error.validator))
    return f"{name}: {rule} {_listed(error.validator_value)}" if rule else f"{name}: invalid value"


def _listed(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value if item != "null")
    return str(value)


def _types(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
