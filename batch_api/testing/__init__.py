"""A fake Batch API with the real rate limits, and a clock that tests control.

    from batch_api.testing import FakeBatch

    fake = FakeBatch()
    async with BatchClient(fake.rest_api_key, fake.project_key, transport=fake.transport()) as client:
        await client.profiles.update([{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}])
    assert fake.project().profiles.by_id["u1"].attributes == {"tier": "gold"}

`fake.fail(…)`, `fake.storm(…)`, `fake.reset(…)`, `fake.delay(…)` and others inject faults; `fake.stats`, `fake.edits`
and `fake.storage_requests` record what was received. `FakeBatchApp` is the same for the legacy app-level API.
`python -m batch_api.testing` serves a fake on loopback; the pytest fixtures `fake_batch` and `batch_client` come with
the package. Needs the extra `testing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch_api.testing.app import FakeBatchApp
    from batch_api.testing.clock import VirtualClock, VirtualTimeLoop
    from batch_api.testing.fake import FakeBatch

__all__ = ["FakeBatch", "FakeBatchApp", "VirtualClock", "VirtualTimeLoop"]

_HOMES = {"FakeBatch": "fake", "FakeBatchApp": "app", "VirtualClock": "clock", "VirtualTimeLoop": "clock"}


def __getattr__(name: str) -> Any:
    """Import on first use: pytest loads this package for its plugin, and must not pay for the fake."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    try:
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "jsonschema_rs":
            raise
        hint = "install the extra [testing], as by pip install '.[testing]'"
        raise ImportError(f"the fake needs {error.name}: {hint}", name=error.name) from error
    return getattr(module, name)
