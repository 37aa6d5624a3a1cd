"""Write with `marketorestpython`, import a file, export the records, and print JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import redirect  # noqa: F401 - it takes effect
from marketorestpython.client import MarketoClient


def exported(client: MarketoClient, kind: str, fields: Any, filters: dict[str, Any]) -> str:
    """The text of an export."""
    job = getattr(client, f"create_{kind}_export_job")(fields=fields, filters=filters)[0]
    number = job["exportId"]
    getattr(client, f"enqueue_{kind}_export_job")(number)
    while getattr(client, f"get_{kind}_export_job_status")(number)[0]["status"] != "Completed":
        time.sleep(0.2)
    content: bytes = getattr(client, f"get_{kind}_export_job_file")(number)
    return content.decode()


def main() -> None:
    """Run the calls."""
    client = MarketoClient("123-ABC-456", sys.argv[1], sys.argv[2], max_retry_time=5)
    dates = {"createdAt": {"startAt": sys.argv[3], "endAt": sys.argv[4]}}
    done: dict[str, Any] = {}
    done["synced"] = client.create_update_leads(
        [{"email": "new@example.com", "firstName": "New"}, {"email": "person1003@example.com",
         "title": "Queen"}, {"email": "x@example.com", "nobody": 1}]
    )  # fmt: skip
    new = done["synced"][0]["id"]
    done["added"] = client.add_leads_to_list(1, [new, 5])
    done["status"] = client.change_lead_program_status(1, [new], "Attended")
    done["merged"] = client.merge_lead(1004, [1005])
    done["deleted"] = client.delete_lead([1006])
    done["campaign"] = client.request_campaign(2, [new])
    done["token"] = client.create_token(1, "Folder", "text", "my.new", "v")
    done["company"] = client.create_update_companies(
        [{"externalCompanyId": "mine", "company": "Mine"}]
    )
    file = Path("import.csv")
    file.write_text("email,leadScore\nbulk@example.com,7\nwrong@example.com,many\n")
    batch = client.import_lead("csv", str(file), listId=1)[0]["batchId"]
    done["import"] = client.get_import_lead_status(batch)
    done["failures"] = client.get_import_failure_file(batch)
    done["leads"] = exported(client, "leads", ["id", "email", "firstName", "leadScore"], dates)
    done["activities"] = exported(client, "activities", None, dates)
    print(json.dumps(done))  # noqa: T201


main()
