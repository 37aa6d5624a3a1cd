"""How a setting is declared, read from the environment, and described when it is wrong."""

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
    """A setting has a value that cannot be used; the text names the setting."""


@dataclass(frozen=True)
class Declaration:
    """Everything there is to say about one setting.

    Attributes:
        kind: Its JSON Schema, as a type of the Singer SDK.
        title: Label in Meltano and its Hub.
        description: What it does, in one or two sentences.
        group: Heading under which the documentation lists it.
        default: Value when it is not set.
        unset: What happens without a value, where there is no default.
        options: The values it may have, each with a label.
        required: Whether the tap needs it.
        secret: Whether its value must never be shown.
        placeholder: An example of a value.
        parse: Turns a value that fits the schema into what the tap works with.
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
        kind: Its JSON Schema, as a type of the Singer SDK.
        title: Label in Meltano and its Hub.
        description: What it does.
        more: The other attributes of `Declaration`.

    Returns:
        A dataclass field.
    """
    declaration = Declaration(kind, title, description, **more)
    default = declaration.default
    given: dict[str, Any] = {"default": MISSING if declaration.required else default}
    if isinstance(default, list):
        given = {"default_factory": lambda: list(default)}
    return field(**given, repr=not declaration.secret, metadata={_DECLARATION: declaration})


def declarations(settings: type[Any]) -> dict[str, Declaration]:
    """The declarations of a class of settings, by name.

    Args:
        settings: A dataclass whose fields are made by `setting`.
    """
    return {one.name: one.metadata[_DECLARATION] for one in fields(settings)}


def schema(settings: type[Any]) -> dict[str, Any]:
    """JSON Schema of a class of settings.

    Args:
        settings: A dataclass whose fields are made by `setting`.
    """
    return th.PropertiesList(
        *(
            th.Property(
                name,
                one.kind,
                required=one.required,
                default=one.default,
                allowed_values=list(one.options) or None,
                secret=one.secret,
                title=one.title,
                description=f"{one.description} Default: {one.unset}."
                if one.unset
                else one.description,
            )
            for name, one in declarations(settings).items()
        )
    ).to_dict()


def parsed(settings: type[Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a configuration, each as the tap works with it.

    Args:
        settings: A dataclass whose fields are made by `setting`.
        config: A configuration that fits the schema.

    Raises:
        SettingError: A value that the schema cannot judge is wrong.
    """
    values: dict[str, Any] = {}
    for name, one in declarations(settings).items():
        value = config.get(name)
        if value is None:
            continue
        # The SDK reads decimals of a configuration file as Decimal, which adds to no float.
        value = float(value) if isinstance(value, Decimal) else value
        try:
            values[name] = one.parse(value) if one.parse else value
        except ValueError as error:
            raise SettingError(f"{name}: {error}") from None
    return values


def from_environment(schema: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables as the SDK does, but allow decimal numbers.

    A text that is no number stays one, so that `problems` names the setting.

    Args:
        schema: JSON Schema of all settings, the SDK's own included.
        prefix: What the names of the variables begin with.
    """
    numeric = {
        name: one
        for name, one in schema["properties"].items()
        if {"integer", "number"} & set(_types(one))
    }
    as_text = {name: {"type": "string"} for name in numeric}
    texts = parse_environment_config({"properties": {**schema["properties"], **as_text}}, prefix)
    return {name: _number(text) if name in numeric else text for name, text in texts.items()}


def problem(error: ValidationError) -> str:
    """What is wrong with a setting, without its value.

    Args:
        error: How the configuration breaks the schema.
    """
    if error.validator == "required":
        given = cast("dict[str, Any]", error.instance)
        missing = [name for name in cast("list[str]", error.validator_value) if name not in given]
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
    return f"{name}: {rule} {_listed(error.validator_value)}" if rule else f"{name}: not valid"


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
