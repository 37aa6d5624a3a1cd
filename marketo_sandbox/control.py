"""The control interface: move time, change data, order faults, look behind the scenes."""

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
    """What a test or a demonstration may do to an instance."""

    def __init__(self, instance: Instance) -> None:
        """Bind the instance."""
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

    def fault(self, kind: str, path: str = "*", **how: Any) -> Fault:
        """Order a fault; see `faults.KINDS` and `faults.Fault`."""
        order = Fault(kind, path, **how)
        self._instance.faults.add(order)
        return order

    def add_custom_objects(self, name: str, count: int) -> list[str]:
        """Create records of a type now; their ids come back."""
        return self._instance.custom_objects[name].add(count)

    def change_custom_objects(self, name: str, count: int) -> list[str]:
        """Change records of a type now; their ids come back."""
        return self._instance.custom_objects[name].change(count)

    def clear_faults(self) -> None:
        """Cancel all orders."""
        self._instance.faults.orders.clear()

    def job_fault(self, object_type: str, kind: str, times: int = 1) -> None:
        """Let the next jobs that start `fail`, `stick`, be `cancel`led, `lose` themselves, or
        have a `wrong_checksum`.

        Args:
            object_type: `leads`, `activities`, `program/members` or `customobjects/<name>`.
            kind: What happens.
            times: To how many jobs.

        Raises:
            ValueError: There is no such object type or kind.
        """  # noqa: D205
        types = [LEADS, ACTIVITIES, *self._instance.world.sources]
        for given, known in ((object_type, types), (kind, JOB_FAULTS)):
            if given not in known:
                raise ValueError(f"{given!r} is none of {', '.join(known)}")
        self._instance.queue.faults.setdefault(object_type, []).extend([kind] * times)

    def spend_quota(self, megabytes: float | None = None) -> None:
        """Let strangers use the daily export allocation.

        Args:
            megabytes: How much; all that is left by default.
        """
        queue, options = self._instance.queue, self._instance.options
        left = options.daily_export_mb * 1024 * 1024 - queue.used()
        used = left if megabytes is None else megabytes * 1024 * 1024
        queue.used_by_others[self._instance.clock.midnight()] += int(used)

    def restore_quota(self) -> None:
        """Take back what strangers used."""
        self._instance.queue.used_by_others.clear()

    def set_options(self, **options: Any) -> None:
        """Change options while running; see `SandboxOptions`."""
        for name in options:
            if name not in vars(self._instance.options):
                raise ValueError(f"no such option: {name}")
        changed = dataclasses.replace(self._instance.options, **options)  # checks the values
        for name in options:
            setattr(self._instance.options, name, getattr(changed, name))

    def deny(self, *permissions: str) -> None:
        """Take permissions from the API user, for example `Read-Only Activity`.

        Args:
            permissions: All that are to be missing; none gives all back.

        Raises:
            ValueError: Nothing needs such a permission.
        """
        for name in permissions:
            if name not in KNOWN_PERMISSIONS:
                raise ValueError(f"{name!r} is none of {', '.join(sorted(KNOWN_PERMISSIONS))}")
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
    """The routes under `/_sandbox`; none of them counts against a limit.

    Args:
        instance: What they act upon.
    """
    blueprint = Blueprint("control", __name__)
    verbs = Control(instance)

    @blueprint.get("/<path:name>")
    def nothing(name: str) -> tuple[Response, int]:
        looks = "GET summary, log, jobs, leads.jsonl, activities.jsonl and other objects"
        return jsonify({"error": f"no {name}; there are {looks}; POST {', '.join(VERBS)}"}), 404

    @blueprint.post("/<verb>")
    def act(verb: str) -> tuple[Response, int]:
        if verb not in VERBS:
            return jsonify({"error": f"no such verb; there are {', '.join(VERBS)}"}), 404
        body = request.get_json(silent=True) or {}
        arguments = body.pop("args", [])
        try:
            result = getattr(verbs, verb)(*arguments, **body)
        except (TypeError, ValueError, KeyError) as error:
            return jsonify({"error": str(error)}), 400
        told = dataclasses.asdict(result) if isinstance(result, Fault) else result
        return jsonify({"result": told}), 200

    @blueprint.get("/<path:name>.jsonl")
    def records(name: str) -> Response:
        found = truth(instance)
        return _lines(found[name]()) if name in found else Response("no such object", 404)

    @blueprint.get("/truth")
    def names() -> Response:
        return jsonify(sorted(truth(instance)))

    @blueprint.get("/log")
    def log() -> Response:
        return jsonify([dataclasses.asdict(call) for call in instance.log])

    @blueprint.get("/jobs")
    def jobs() -> Response:
        return jsonify([_job(one) for one in instance.queue.jobs.values()])

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
            name: iso(moment)
            for name in ("created", "queued", "started", "finished")
            if (moment := getattr(job, name))
        },
    }


def _lines(items: Iterable[dict[str, Any]]) -> Response:
    # Nothing but ASCII: a line of `splitlines` is a record.
    text = (json.dumps(item) + "\n" for item in items)
    return Response(text, mimetype="application/x-ndjson")
