"""A local Marketo for development and tests, with documented behaviour, limits and faults.

```python
from marketo_sandbox import Sandbox, SandboxOptions

with Sandbox(SandboxOptions(leads=200, activities=1000)) as sandbox:
    print(sandbox.base_url, sandbox.client_id, sandbox.client_secret)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marketo_sandbox.app import Sandbox
    from marketo_sandbox.options import SandboxOptions

__all__ = ["Sandbox", "SandboxOptions"]


def __getattr__(name: str) -> Any:
    """Import `Sandbox` on demand; without Flask the error says what to install."""
    if name not in __all__:
        raise AttributeError(name)
    try:
        from marketo_sandbox import app  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ImportError(NEEDS) from error
    return getattr(app, name)


NEEDS = "the sandbox needs Flask: pip install 'tap-marketo-engage[sandbox]'"
