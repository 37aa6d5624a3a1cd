"""Functions for scripts, built on `tap_marketo.client`.

```python
from tap_marketo.client import MarketoClient
from tap_marketo.scripts import bulk_extract, upsert_leads

with MarketoClient.from_env() as client:
    for row in bulk_extract(client, "activities", activity_type="Fill Out Form", since="90d"):
        print(row["leadId"], row["activityDate"])
```
"""

from tap_marketo.scripts.assets import approve, clone, discard_draft, unapprove
from tap_marketo.scripts.chunks import ItemStatus
from tap_marketo.scripts.custom_objects import delete_custom_objects, upsert_custom_objects
from tap_marketo.scripts.extract import bulk_extract
from tap_marketo.scripts.imports import (
    ImportFailedError,
    ImportResult,
    Waiting,
    import_custom_objects,
    import_leads,
    import_program_members,
)
from tap_marketo.scripts.leads import (
    add_to_list,
    leads_by,
    remove_from_list,
    set_program_status,
    upsert_leads,
)

__all__ = [
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
]
