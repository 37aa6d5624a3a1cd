"""The lead fields of the instance: standard fields, and custom fields of every type."""

from __future__ import annotations

from typing import Any

_STANDARD: dict[str, tuple[str, ...]] = {
    "integer": (
        "id", "numberOfEmployees", "personTimeZoneOffset", "relativeUrgency", "priority",
        "leadScore", "relativeScore",
    ),
    "float": ("urgency",),
    "currency": ("annualRevenue",),
    "boolean": (
        "mktoIsPartner", "isLead", "mktoIsCustomer", "isAnonymous", "emailInvalid",
        "unsubscribed", "doNotCall", "marketingSuspended", "blackListed", "emailSuspended",
    ),
    "date": ("dateOfBirth",),
    "datetime": ("createdAt", "updatedAt", "emailSuspendedAt", "mktoAcquisitionDate"),
    "email": ("email",),
    "phone": ("phone", "mobilePhone", "fax"),
    "url": ("website", "originalReferrer"),
    "reference": (
        "contactCompany", "leadPerson", "personPrimaryLeadInterest", "leadPartitionId",
        "acquisitionProgramId", "leadRevenueCycleModelId", "leadRevenueStageId",
    ),
    "text": ("mktoCompanyNotes", "mktoPersonNotes", "address", "billingStreet"),
    "string": (
        "company", "site", "mainPhone", "billingCity", "billingState", "billingCountry",
        "billingPostalCode", "industry", "sicCode", "externalCompanyId", "mktoName", "personType",
        "salutation", "firstName", "middleName", "lastName", "title", "city", "state", "country",
        "postalCode", "personTimeZone", "originalSourceType", "originalSourceInfo",
        "registrationSourceType", "registrationSourceInfo", "originalSearchEngine",
        "originalSearchPhrase", "unsubscribedReason", "emailInvalidCause", "mktoDoNotCallCause",
        "doNotCallReason", "marketingSuspendedCause", "blackListedCause", "anonymousIP",
        "inferredCompany", "inferredCountry", "inferredCity", "inferredStateRegion",
        "inferredPostalCode", "inferredMetropolitanArea", "inferredPhoneAreaCode",
        "emailSuspendedCause", "department", "cookies", "externalSalesPersonId", "leadRole",
        "leadSource", "leadStatus", "rating",
    ),
}  # fmt: skip

_CUSTOM: tuple[tuple[str, str], ...] = (
    ("Region__c", "string"),
    ("Account_Score__c", "score"),
    ("loyaltyPercent", "percent"),
    ("discountRate", "float"),
    ("creditLimit", "currency"),
    ("isVip", "boolean"),
    ("renewalDate", "date"),
    ("lastSeenAt", "datetime"),
    ("internalNotes", "textarea"),
    ("portalUrl", "url"),
    ("fullNameFormula", "formula"),
    ("daysSinceContact", "lead_function"),
    ("leadSegment", "string"),
    ("lead_segment", "string"),
    ("zipRaw", "string"),
)

FIRST_FIELD_ID = 2

# Computed by Marketo: empty in exports, absent over REST.
NEVER_EXPORTED = frozenset({"formula", "lead_function"})
_LENGTHS = {"string": 255, "email": 255, "phone": 255, "url": 255}

CUSTOM = frozenset(name for name, _ in _CUSTOM)


def lead_fields() -> dict[str, str]:
    """Data types by REST name, in the order of the describe call."""
    fields = {name: kind for kind, names in _STANDARD.items() for name in names}
    return {**fields, **dict(_CUSTOM)}


def display_name(name: str) -> str:
    """The name of a field in Marketo's user interface."""
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return words.replace("__c", "").replace("_", " ").strip().title()


def described_fields(fields: dict[str, str]) -> list[dict[str, Any]]:
    """The fields in `leads/describe.json`: numbered, with one that REST cannot read.

    Args:
        fields: Data types by REST name.
    """
    described: list[dict[str, Any]] = [
        {
            "id": number,
            "displayName": display_name(name),
            "dataType": kind,
            **({"length": _LENGTHS[kind]} if kind in _LENGTHS else {}),
            "rest": {"name": name, "readOnly": name in {"id", "createdAt", "updatedAt"}},
            "soap": {"name": display_name(name).replace(" ", ""), "readOnly": name == "id"},
        }
        for number, (name, kind) in enumerate(fields.items(), start=FIRST_FIELD_ID)
    ]
    last = {
        "id": FIRST_FIELD_ID + len(fields),
        "displayName": "SOAP Only",
        "dataType": "string",
        "length": 2000,
        "soap": {"name": "SOAPOnly", "readOnly": False},
    }
    return [*described, last]
