"""Every name of the public surface has types and a docstring."""

from __future__ import annotations

import inspect
import types

import tap_marketo.client
import tap_marketo.scripts

SCRIPTS = {
    "ImportFailedError",
    "ImportResult",
    "ItemStatus",
    "Waiting",
    "add_to_list",
    "approve",
    "bulk_extract",
    "clone",
    "delete_custom_objects",
    "discard_draft",
    "import_custom_objects",
    "import_leads",
    "import_program_members",
    "leads_by",
    "remove_from_list",
    "set_program_status",
    "unapprove",
    "upsert_custom_objects",
    "upsert_leads",
}


def test_the_scripts_export_what_is_documented() -> None:
    assert set(tap_marketo.scripts.__all__) == SCRIPTS


def test_the_client_exports_what_is_documented() -> None:
    assert {"MarketoClient", "Reply", "date_pages", "offset_pages", "token_pages"} <= set(
        tap_marketo.client.__all__
    )


def test_every_function_says_what_it_takes_gives_and_raises() -> None:
    functions = [
        one
        for name in tap_marketo.scripts.__all__
        if isinstance(one := getattr(tap_marketo.scripts, name), types.FunctionType)
    ]
    for one in functions:
        text = inspect.getdoc(one) or ""
        hints = inspect.get_annotations(one)
        assert set(inspect.signature(one).parameters) | {"return"} == set(hints), one.__name__
        assert "Args:" in text, one.__name__
        assert "Raises:" in text, one.__name__
        assert "Returns:" in text or "Yields:" in text, one.__name__
        assert "Source: " in text, one.__name__
