"""Writes in chunks that Marketo accepts, with an outcome for each item."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_marketo.client.errors import OutcomeUnknownError, ResponseError
from tap_marketo.client.params import to_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_marketo.client import Reply

CHUNK = 300
# Marketo refuses bodies of more than 1 MB (HTTP 413).
LARGEST_BODY = 900_000
REFUSED, UNKNOWN, NOT_SENT = "refused", "unknown", "not_sent"
FAILED = frozenset({"skipped", "failed", REFUSED, UNKNOWN, NOT_SENT})


@dataclass(frozen=True)
class ItemStatus:
    """Outcome of one item of a write.

    Attributes:
        item: The item that was passed in.
        status: Marketo's status: `created`, `updated`, `deleted`, `added`, `removed`, `skipped`, …;
            or `refused` (the call was refused and had no effect), `unknown` (the answer was lost:
            check before repeating), `not_sent` (an earlier call ended the write).
        id: Id or GUID of the record, if Marketo returns it.
        reasons: Why the item was not written; each starts with Marketo's code.
    """

    item: Any
    status: str
    id: int | str | None = None
    reasons: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the item was written."""
        return self.status not in FAILED


def write_chunks(
    items: Iterable[Any],
    body_item: Callable[[Any], dict[str, Any]],
    send: Callable[[list[dict[str, Any]]], Reply],
) -> list[ItemStatus]:
    """Send items in chunks.

    Args:
        items: Items to write.
        body_item: Function that converts an item to its JSON object.
        send: Function that makes the call for one chunk.

    Returns:
        Outcome of each item, in the given order. If a call fails, the statuses say so, and the
        outcomes of earlier calls are kept.

    Raises:
        ResponseError: The first call was refused; nothing was written.
    """
    done: list[ItemStatus] = []
    stopped: ResponseError | None = None
    for chunk in _chunks(items, body_item):
        originals = [original for original, _ in chunk]
        if stopped is not None:
            done += _all(originals, NOT_SENT, stopped)
            continue
        try:
            reply = send([body for _, body in chunk])
        except OutcomeUnknownError as error:
            done += _all(originals, UNKNOWN, error)
        except ResponseError as error:
            if not done:
                raise
            # A limit, a token or a permission: the other chunks would fail too.
            stopped = error if type(error) is not ResponseError else None
            done += _all(originals, REFUSED, error)
        else:
            done += _statuses(originals, reply.result)
    return done


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """A record for JSON: dates in Marketo's format, decimals as text."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return to_wire(value)
    return str(value) if isinstance(value, Decimal) else value


def _chunks(
    items: Iterable[Any], body_item: Callable[[Any], dict[str, Any]]
) -> Iterator[list[tuple[Any, dict[str, Any]]]]:
    chunk: list[tuple[Any, dict[str, Any]]] = []
    size = 0
    for item in items:
        body = body_item(item)
        more = len(json.dumps(body)) + 2
        if chunk and (len(chunk) == CHUNK or size + more > LARGEST_BODY):
            yield chunk
            chunk, size = [], 0
        chunk.append((item, body))
        size += more
    if chunk:
        yield chunk


def _all(items: Sequence[Any], status: str, error: ResponseError) -> list[ItemStatus]:
    return [ItemStatus(item, status, reasons=(str(error),)) for item in items]


def _statuses(items: Sequence[Any], results: Sequence[Mapping[str, Any]]) -> list[ItemStatus]:
    # Some answers number their items, others only keep the order.
    by_place = {int(result.get("seq", place)): result for place, result in enumerate(results)}
    return [_status(item, by_place.get(place)) for place, item in enumerate(items)]


def _status(item: Any, result: Mapping[str, Any] | None) -> ItemStatus:
    if result is None:
        return ItemStatus(item, UNKNOWN, reasons=("Marketo's answer does not mention this item.",))
    number = next(
        (result[key] for key in ("id", "leadId", "marketoGUID") if result.get(key) is not None),
        None,
    )
    return ItemStatus(item, str(result.get("status", UNKNOWN)), number, tuple(_reasons(result)))


def _reasons(result: Mapping[str, Any]) -> Iterator[str]:
    for name in ("reasons", "reason", "errors"):
        reasons = result.get(name) or ()
        for reason in [reasons] if isinstance(reasons, (dict, str)) else reasons:
            if isinstance(reason, dict):
                yield f"{reason.get('code', '')} {reason.get('message', '')}".strip()
            else:
                yield str(reason)
