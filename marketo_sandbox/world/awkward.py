"""Awkward values for `rough` data: unusual text, and unusual spellings of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marketo_sandbox.world.records import Lead

# Text that people really type, without what a database cannot store.
TEXTS: tuple[str, ...] = (
    "line one\nline two",
    "carriage\rreturn",
    "both\r\nof them",
    'a "quoted" word',
    "comma, and ; and \ttab",
    "NUL\0inside",
    "\u2028separator\u2029",
    "🦄 emoji 👩‍👩‍👧",
    "שלום עולם",
    "00123",
    " 12 ",
    "nullable",
    "=SUM(A1:A2)",
    "\\N",
    "'; DROP TABLE leads; --",
    "x" * 100_000,
)

# Cells of a file, and their values: spellings that a reader must handle.
_CELLS: dict[str, tuple[tuple[str, Any], ...]] = {
    "integer": (("12.0", 12), ("12345678901234567890123", 12345678901234567890123)),
    "percent": (("12.5", 12.5), ("7", 7)),
    "boolean": (("1", True), ("0", False), ("TRUE", True)),
    "date": (("31.12.2025", None),),
    "datetime": (("2025-05-07T11:47:30-08:00", "2025-05-07T19:47:30Z"),),
}
_NAMES = {
    "integer": "numberOfEmployees",
    "percent": "loyaltyPercent",
    "boolean": "isVip",
    "date": "renewalDate",
    "datetime": "lastSeenAt",
}


def roughen_lead(number: int, lead: Lead) -> None:
    """Add awkward values to a lead.

    Args:
        number: Index among the leads.
        lead: Lead, changed in place.
    """
    if number % 3 == 0:
        text = TEXTS[number // 3 % (len(TEXTS) - (number % 300 != 0))]
        name = ("mktoPersonNotes", "internalNotes", "zipRaw", "address")[number % 4]
        lead.values[name] = text.replace("\0", "")
        lead.cells[name] = text
    if number % 5 == 0:
        kind = tuple(_CELLS)[number // 5 % len(_CELLS)]
        spellings = _CELLS[kind]
        # The long integer does not fit into 64 bits, so it is never used.
        place = 0 if kind == "integer" or number % 50 else number // 50 % len(spellings)
        lead.cells[_NAMES[kind]], lead.values[_NAMES[kind]] = spellings[place]


def roughen_attributes(number: int, described: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Add undeclared attributes and awkward text to an activity.

    Args:
        number: Index among the activities.
        described: Activity type.
        attributes: Attributes, changed in place.
    """
    texts = [
        attribute["name"]
        for attribute in described["attributes"]
        if attribute["dataType"] in {"string", "text"} and attribute["name"] in attributes
    ]
    if number % 11 == 0 and texts:
        attributes[texts[-1]] = TEXTS[number // 11 % (len(TEXTS) - 1)].replace("\0", "")
    if number % 17 == 0:
        attributes["Brand New Attribute"] = "nobody declared me"
