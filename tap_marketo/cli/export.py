"""`tap-marketo export`: one stream of Marketo as a file, without a target."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tap_marketo.cli.options import config_option
from tap_marketo.export.credentials import PREFIX, read_credentials
from tap_marketo.export.drive import make_tap
from tap_marketo.export.errors import ExportError
from tap_marketo.export.job import Output, export, wanted_stream
from tap_marketo.export.order import Order
from tap_marketo.settings import from_environment
from tap_marketo.tap import TapMarketo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_marketo.export.spool import Row
    from tap_marketo.sdk import ConfigInput

LISTS = {
    "smart_list": "smart_list_name",
    "smart_list_id": "smart_list_id",
    "static_list": "static_list_name",
    "static_list_id": "static_list_id",
}
CONNECTION = ("base_url", "client_id", "client_secret")


@click.command()
@click.argument("stream", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file; its ending is the format: .xlsx, .csv, .parquet, .jsonl, .duckdb.",
)
@click.option("--fields", help="Columns, with commas between, in the order of the file.")
@click.option("--type", "activity_type", help="Activity type: its name or id.")
@click.option("--smart-list", help="Only the members of this smart list (name).")
@click.option("--smart-list-id", type=int, help="Only the members of this smart list (id).")
@click.option("--static-list", help="Only the members of this static list (name).")
@click.option("--static-list-id", type=int, help="Only the members of this static list (id).")
@click.option("--since", help="Begin here: 90d, 12h, 6w, 2026-01-31. Default: 365 days ago.")
@click.option("--until", help="End here. Default: now.")
@click.option("--append", is_flag=True, help="Add what is new since the last export to this file.")
@click.option("--raw", is_flag=True, help="CSV: leave text that looks like a formula as it is.")
@click.option("--bom", is_flag=True, help="CSV: begin with a byte order mark, for Excel.")
@click.option("--list", "is_list", is_flag=True, help="Show the streams, or the stream's fields.")
@click.option("--credentials", type=click.Path(path_type=Path), help="File with mode 0600.")
@config_option
@click.option("--base-url", help="Endpoint of the instance.")
@click.option("--client-id", help="Client id of the custom service.")
@click.option("--client-secret", help="Client secret; other users may see it in a process list.")
@click.option("--set", "further", multiple=True, metavar="NAME=VALUE", help="Any further setting.")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the run.")
def command(**given: Any) -> None:
    """Export STREAM, for example leads or activities, into a file.

    \b
    tap-marketo export leads --smart-list "Berlin customers" --fields id,email -o leads.xlsx
    tap-marketo export activities --type "Fill Out Form" --since 90d -o forms.csv

    Credentials come from the options, from a file, or from TAP_MARKETO_BASE_URL,
    TAP_MARKETO_CLIENT_ID and TAP_MARKETO_CLIENT_SECRET. An older file is replaced only when the
    new one is complete.
    """  # noqa: D301 - click keeps the lines after a backspace
    _set_log_level(verbose=given["verbose"])
    config = settings(given)
    order = Order(
        stream=given["stream"] or "",
        fields=tuple(one.strip() for one in (given["fields"] or "").split(",") if one.strip()),
        activity_type=given["activity_type"],
        since=given["since"],
        until=given["until"],
        leads_filter={
            setting: given[option] for option, setting in LISTS.items() if given[option] is not None
        },
        append=given["append"],
    )
    if given["is_list"]:
        _show(order, config)
        return
    if not order.stream:
        raise click.UsageError("Name a stream, for example leads; --list shows them all.")
    if given["output"] is None:
        raise click.UsageError("Name a file: -o leads.xlsx")
    output = Output(given["output"], raw=given["raw"], byte_order_mark=given["bom"])
    done = export(order, config, output, _Terminal())
    what = f"{done.rows:,} records of {done.stream} {done.since}".rstrip()
    click.echo(
        f"{output.path}: {what}, {done.columns} columns, {done.calls:,} API calls.", err=True
    )


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The tap's settings: options over files over the environment.

    Raises:
        ExportError: A file cannot be read, or an option is malformed.
    """
    from_files: ConfigInput = given["config"]
    found = from_environment(TapMarketo.config_jsonschema, PREFIX)
    found |= from_files.config
    if given["credentials"]:
        credentials = read_credentials(given["credentials"])
        found |= {
            name: _value(name, one) if isinstance(one, str) else one
            for name, one in credentials.items()
        }
    for pair in given["further"]:
        name, is_pair, value = pair.partition("=")
        if not is_pair or name not in TapMarketo.config_jsonschema["properties"]:
            raise ExportError(f"--set {name}: must be NAME=value, with the name of a setting.")
        found[name] = _value(name, value)
    return found | {name: given[name] for name in CONNECTION if given[name] is not None}


def _value(name: str, text: str) -> Any:
    schema = TapMarketo.config_jsonschema["properties"].get(name, {})
    if "string" in schema.get("type", ["string"]):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # the tap's own check names the setting and its type


def _show(order: Order, config: Mapping[str, Any]) -> None:
    tap = make_tap(config)
    if not order.stream:
        for name in sorted(tap.streams):
            click.echo(name)
        return
    for name, schema in wanted_stream(tap, order).schema["properties"].items():
        title = schema.get("title") or ""
        click.echo(f"{name}\t{title}".rstrip())


def _set_log_level(*, verbose: bool) -> None:
    if verbose:
        return
    # The SDK sets the levels of its loggers again, those of handlers it leaves alone.
    for handler in logging.getLogger().handlers + logging.getLogger("tap-marketo").handlers:
        handler.setLevel(logging.WARNING)
    logging.getLogger("singer_sdk").setLevel(logging.ERROR)


class _Terminal:
    """A bar on a terminal, nothing elsewhere."""

    @contextmanager
    def arriving(self, name: str) -> Iterator[Any]:
        from tqdm import tqdm  # noqa: PLC0415 - not for --help
        from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

        with (
            logging_redirect_tqdm() if sys.stderr.isatty() else nullcontext(),
            tqdm(desc=f"Reading {name}", unit=" records", disable=None, file=sys.stderr) as bar,
        ):
            yield bar

    def writing(self, rows: Iterator[Row], name: str) -> Iterator[Row]:
        from tqdm import tqdm  # noqa: PLC0415 - as above

        yield from tqdm(rows, desc=f"Writing {name}", unit=" rows", disable=None, file=sys.stderr)
