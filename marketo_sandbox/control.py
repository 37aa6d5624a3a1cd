"""The control interface: move time, change data, inject faults, inspect the state."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from marketo_sandbox.api.routes import KNOWN_PERMISSIONS
from marketo_sandbox.clock import iso
from marketo_sandbox.export import ACTIVITIES, LEADS
from marketo_sandbox.faults import JOB_FAULTS, Fault
from marketo_sandbox.metadata import Metadata
from marketo_sandbox.truth import truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marketo_sandbox.server import Instance


class Control:
    """Actions of tests and demos on an instance."""

    def __init__(self, instance: Instance) -> None:
        """Store the instance."""
        self._instance = instance
        world, queue = instance.world, instance.queue
        self.advance = instance.clock.advance
        self.advance_to_reset = instance.clock.advance_to_reset
        self.add_leads = world.add_leads
        self.change_leads = world.change_leads
        self.delete_leads = world.delete_leads
        self.restore_leads = world.restore_leads
        self.merge_leads = world.merge_leads
        self.add_activities = world.add_activities
        self.delete_field = world.delete_field
        metadata = Metadata(world, instance.library)
        self.add_field = metadata.add_field
        self.add_activity_type = metadata.add_activity_type
        self.rename_activity_type = metadata.rename_activity_type
        self.rename_attribute = metadata.rename_attribute
        self.add_attribute = metadata.add_attribute
        self.rename_custom_object = metadata.rename_custom_object
        self.add_program = instance.members.add_program
        self.delete_program = instance.members.delete_program
        self.hide_program = instance.members.hide_program
        self.show_program = instance.members.show_program
        self.change_members = instance.members.change_members
        self.delete_custom_object_type = instance.delete_custom_object_type
        self.fill_queue = queue.fill
        self.drain_queue = queue.drain
        self.revoke_tokens = instance.tokens.revoke

    def fault(self, kind: str, path: str = "*", **options: Any) -> Fault:
        """Inject a fault; see `faults.KINDS` and `faults.Fault`."""
        order = Fault(kind, path, **options)
        self._instance.faults.add(order)
        return order

    def add_custom_objects(self, name: str, count: int) -> list[str]:
        """Create records of a type now, and return their ids."""
        return self._instance.custom_objects[name].add(count)

    def change_custom_objects(self, name: str, count: int) -> list[str]:
        """Change records of a type now, and return their ids."""
        return self._instance.custom_objects[name].change(count)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._instance.faults.orders.clear()

    def job_fault(self, object_type: str, kind: str, times: int = 1) -> None:
        """Let the next jobs that start `fail`, `stick`, be `cancel`led, `lose` themselves, or
        have a `wrong_checksum`.

        Args:
            object_type: `leads`, `activities`, `program/members` or `customobjects/<name>`.
            kind: Kind of fault.
            times: Number of jobs.

        Raises:
            ValueError: The object type or kind is unknown.
        """  # noqa: D205
        types = [LEADS, ACTIVITIES, *self._instance.world.sources]
        for value, known in ((object_type, types), (kind, JOB_FAULTS)):
            if value not in known:
                raise ValueError(f"{value!r} is not one of {', '.join(known)}")
        self._instance.queue.faults.setdefault(object_type, []).extend([kind] * times)

    def spend_quota(self, megabytes: float | None = None) -> None:
        """Use up the daily export allocation, as other callers would.

        Args:
            megabytes: Megabytes to use; the remaining allocation by default.
        """
        queue, options = self._instance.queue, self._instance.options
        left = options.daily_export_mb * 1024 * 1024 - queue.used()
        used = left if megabytes is None else megabytes * 1024 * 1024
        queue.used_by_others[self._instance.clock.midnight()] += int(used)

    def restore_quota(self) -> None:
        """Undo `spend_quota`."""
        self._instance.queue.used_by_others.clear()

    def set_options(self, **options: Any) -> None:
        """Change options while running; see `SandboxOptions`."""
        for name in options:
            if name not in vars(self._instance.options):
                raise ValueError(f"unknown option: {name}")
        changed = dataclasses.replace(self._instance.options, **options)  # checks the values
        for name in options:
            setattr(self._instance.options, name, getattr(changed, name))

    def deny(self, *permissions: str) -> None:
        """Remove permissions from the API user, for example `Read-Only Activity`.

        Args:
            permissions: Permissions to remove; none restores all.

        Raises:
            ValueError: The permission is unknown.
        """
        for name in permissions:
            if name not in KNOWN_PERMISSIONS:
                raise ValueError(f"{name!r} is not one of {', '.join(sorted(KNOWN_PERMISSIONS))}")
        self._instance.denied = set(permissions)


VERBS = (
    "add_field", "add_activity_type", "rename_activity_type", "rename_attribute",
    "add_attribute", "rename_custom_object",
    "add_custom_objects", "change_custom_objects", "delete_custom_object_type",
    "add_program", "delete_program", "hide_program", "show_program", "change_members",
    "advance", "advance_to_reset", "add_leads", "change_leads", "delete_leads", "restore_leads",
    "merge_leads", "add_activities", "delete_field", "fill_queue", "drain_queue", "revoke_tokens",
    "fault", "clear_faults", "job_fault", "spend_quota", "restore_quota", "set_options", "deny",
)  # fmt: skip


def control(instance: Instance) -> Blueprint:
    """The routes under `/_sandbox`, which count against no limit.

    Args:
        instance: Instance to control.
    """
    blueprint = Blueprint("control", __name__)
    verbs = Control(instance)

    @blueprint.get("/<path:name>")
    def nothing(name: str) -> tuple[Response, int]:
        paths = "GET summary, log, jobs, leads.jsonl, activities.jsonl and other objects"
        return jsonify({"error": f"unknown: {name}; use {paths}; POST {', '.join(VERBS)}"}), 404

    @blueprint.post("/<verb>")
    def act(verb: str) -> tuple[Response, int]:
        if verb not in VERBS:
            return jsonify({"error": f"unknown action; use one of {', '.join(VERBS)}"}), 404
        body = request.get_json(silent=True) or {}
        arguments = body.pop("args", [])
        try:
            result = getattr(verbs, verb)(*arguments, **body)
        except (TypeError, ValueError, KeyError) as error:
            return jsonify({"error": str(error)}), 400
        value = dataclasses.asdict(result) if isinstance(result, Fault) else result
        return jsonify({"result": value}), 200

    @blueprint.get("/<path:name>.jsonl")
    def records(name: str) -> Response:
        streams = truth(instance)
        return _lines(streams[name]()) if name in streams else Response("unknown object", 404)

    @blueprint.get("/truth")
    def names() -> Response:
        return jsonify(sorted(truth(instance)))

    @blueprint.get("/log")
    def log() -> Response:
        return jsonify([dataclasses.asdict(call) for call in instance.log])

    @blueprint.get("/jobs")
    def jobs() -> Response:
        return jsonify([_job(job) for job in instance.queue.jobs.values()])

    @blueprint.get("/summary")
    def summary() -> Response:
        return jsonify(
            {
                "time": iso(instance.clock.now()),
                "leads": len(instance.world.leads),
                "activities": instance.world.activities.count(),
                "calls": len(instance.log),
                "jobs": len(instance.queue.jobs),
                "most_queued": instance.queue.most_queued,
                "used_bytes": instance.queue.used(),
                "tokens": instance.tokens.issued,
            }
        )

    return blueprint


def _job(job: Any) -> dict[str, Any]:
    return {
        "exportId": job.export_id,
        "kind": job.kind,
        "user": job.user,
        "status": job.status,
        "filter": job.body["filter"],
        "fields": job.body["fields"],
        "downloads": job.downloads,
        "seconds": job.seconds,
        **{
            name: iso(time)
            for name in ("created", "queued", "started", "finished")
            if (time := getattr(job, name))
        },
    }


def _lines(items: Iterable[dict[str, Any]]) -> Response:
    # ASCII only, so that each line of `splitlines` is a record.
    text = (json.dumps(item) + "\n" for item in items)
    return Response(text, mimetype="application/x-ndjson")
