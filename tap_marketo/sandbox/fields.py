"""The lead fields of the instance: those of a real one, and custom fields of every type."""

from __future__ import annotations

_STANDARD: dict[str, tuple[str, ...]] = {
    "integer": (
        "id", "numberOfEmployees", "personTimeZoneOffset", "urgency", "relativeUrgency",
        "leadRevenueCycleModelId", "leadRevenueStageId",
    ),
    "score": ("leadScore", "relativeScore"),
    "currency": ("annualRevenue",),
    "boolean": (
        "mktoIsPartner", "isLead", "mktoIsCustomer", "isAnonymous", "emailInvalid",
        "unsubscribed", "doNotCall", "marketingSuspended", "blackListed", "emailSuspended",
    ),
    "date": ("dateOfBirth", "mktoAcquisitionDate"),
    "datetime": ("createdAt", "updatedAt", "emailSuspendedAt"),
    "email": ("email",),
    "phone": ("mainPhone", "phone", "mobilePhone", "fax"),
    "url": ("website",),
    "reference": (
        "contactCompany", "leadPerson", "personPrimaryLeadInterest", "leadPartitionId",
        "acquisitionProgramId",
    ),
    "text": ("mktoCompanyNotes", "mktoPersonNotes", "unsubscribedReason", "address"),
    "string": (
        "company", "site", "billingStreet", "billingCity", "billingState", "billingCountry",
        "billingPostalCode", "industry", "sicCode", "externalCompanyId", "mktoName", "personType",
        "salutation", "firstName", "middleName", "lastName", "title", "city", "state", "country",
        "postalCode", "personTimeZone", "originalSourceType", "originalSourceInfo",
        "registrationSourceType", "registrationSourceInfo", "originalSearchEngine",
        "originalSearchPhrase", "originalReferrer", "emailInvalidCause", "mktoDoNotCallCause",
        "doNotCallReason", "marketingSuspendedCause", "blackListedCause", "anonymousIP",
        "inferredCompany", "inferredCountry", "inferredCity", "inferredStateRegion",
        "inferredPostalCode", "inferredMetropolitanArea", "inferredPhoneAreaCode",
        "emailSuspendedCause", "department", "cookies", "externalSalesPersonId", "leadRole",
        "leadSource", "leadStatus", "priority", "rating",
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
    ("leadSegment", "string"),
    ("lead_segment", "string"),
    ("zipRaw", "string"),
)

CUSTOM = frozenset(name for name, _ in _CUSTOM)


def lead_fields() -> dict[str, str]:
    """Data type by REST name, in the order in which describe lists them."""
    fields = {name: kind for kind, names in _STANDARD.items() for name in names}
    return {**fields, **dict(_CUSTOM)}


def display_name(name: str) -> str:
    """What Marketo's user interface would call a field."""
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return words.replace("__c", "").replace("_", " ").strip().title()
