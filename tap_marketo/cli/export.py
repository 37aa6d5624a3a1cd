"""`tap-marketo export`: writes a stream to a file, without a target."""

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
    help="File to write. The extension sets the format: .xlsx, .csv, .parquet, .jsonl, .duckdb.",
)
@click.option("--fields", help="Columns in the order of the file, separated by commas.")
@click.option("--type", "activity_type", help="Name or id of an activity type.")
@click.option("--smart-list", help="Only the members of this smart list (name).")
@click.option("--smart-list-id", type=int, help="Only the members of this smart list (id).")
@click.option("--static-list", help="Only the members of this static list (name).")
@click.option("--static-list-id", type=int, help="Only the members of this static list (id).")
@click.option("--since", help="Start: 90d, 12h, 6w, 2026-01-31. Default: 365 days ago.")
@click.option("--until", help="End. Default: now.")
@click.option(
    "--append", is_flag=True, help="Append what is new since the last export to this file."
)
@click.option("--raw", is_flag=True, help="CSV: do not escape text that looks like a formula.")
@click.option("--bom", is_flag=True, help="CSV: start with a byte order mark, for Excel.")
@click.option("--list", "is_list", is_flag=True, help="List the streams, or the fields of STREAM.")
@click.option(
    "--credentials", type=click.Path(path_type=Path), help="Credentials file with mode 0600."
)
@config_option
@click.option("--base-url", help="REST endpoint of the instance.")
@click.option("--client-id", help="Client id of the custom service.")
@click.option("--client-secret", help="Client secret; other users of this machine may see it.")
@click.option("--set", "further", multiple=True, metavar="NAME=VALUE", help="Any other setting.")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the run.")
def command(**options: Any) -> None:
    """Export STREAM, for example leads or activities, to a file.

    \b
    tap-marketo export leads --smart-list "Berlin customers" --fields id,email -o leads.xlsx
    tap-marketo export activities --type "Fill Out Form" --since 90d -o forms.csv

    Credentials come from the options, from a file, or from TAP_MARKETO_BASE_URL,
    TAP_MARKETO_CLIENT_ID and TAP_MARKETO_CLIENT_SECRET. An existing file is replaced only when
    the new one is complete.
    """  # noqa: D301 - click keeps the lines after a backspace
    _set_log_level(verbose=options["verbose"])
    config = settings(options)
    order = Order(
        stream=options["stream"] or "",
        fields=tuple(filter(None, map(str.strip, (options["fields"] or "").split(",")))),
        activity_type=options["activity_type"],
        since=options["since"],
        until=options["until"],
        leads_filter={
            setting: options[option]
            for option, setting in LISTS.items()
            if options[option] is not None
        },
        append=options["append"],
    )
    if options["is_list"]:
        _show(order, config)
        return
    if not order.stream:
        raise click.UsageError("Name a stream, for example leads. --list shows all streams.")
    if options["output"] is None:
        raise click.UsageError("Name a file, for example -o leads.xlsx.")
    output = Output(options["output"], raw=options["raw"], byte_order_mark=options["bom"])
    result = export(order, config, output, _Terminal())
    records = f"{result.rows:,} records of {result.stream} {result.since}".rstrip()
    click.echo(
        f"{output.path}: {records}, {result.columns} columns, {result.calls:,} API calls.", err=True
    )


def settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the settings: options override files, files override the environment.

    Raises:
        ExportError: A file cannot be read, or an option is malformed.
    """
    from_files: ConfigInput = options["config"]
    merged = from_environment(TapMarketo.config_jsonschema, PREFIX)
    merged |= from_files.config
    if options["credentials"]:
        credentials = read_credentials(options["credentials"])
        merged |= {
            name: _value(name, value) if isinstance(value, str) else value
            for name, value in credentials.items()
        }
    for pair in options["further"]:
        name, is_pair, value = pair.partition("=")
        if not is_pair or name not in TapMarketo.config_jsonschema["properties"]:
            raise ExportError(f"--set {name}: must be NAME=VALUE with the name of a setting.")
        merged[name] = _value(name, value)
    return merged | {name: options[name] for name in CONNECTION if options[name] is not None}


def _value(name: str, text: str) -> Any:
    schema = TapMarketo.config_jsonschema["properties"].get(name, {})
    if "string" in schema.get("type", ["string"]):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # the validation of the settings reports it


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
    # The SDK resets the levels of its loggers later, but not those of handlers.
    for handler in logging.getLogger().handlers + logging.getLogger("tap-marketo").handlers:
        handler.setLevel(logging.WARNING)
    logging.getLogger("singer_sdk").setLevel(logging.ERROR)


class _Terminal:
    """Shows a progress bar on a terminal."""

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
