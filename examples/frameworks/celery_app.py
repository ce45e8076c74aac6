"""Celery, with its processes: each has a client of its own, open as long as the process lives.

Run it with `celery --app examples.frameworks.celery_app worker --concurrency 4`.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_shutdown

from batch_api import BatchClient, BatchError
from batch_api.types import EditProfile
from examples.frameworks.portal import BatchPortal

app = Celery("customers", broker=os.environ.get("CELERY_BROKER_URL", "redis://127.0.0.1/0"))
batch = BatchPortal(lambda: BatchClient.from_env(share=0.25, deadline=20))  # four processes, a quarter each


@app.task(bind=True, max_retries=20, acks_late=True)
def set_tier(self: Task, customer_id: str, tier: str) -> None:
    """Sends attributes, which may be sent twice. With events, do not retry where `error.outcome` is "unknown"."""
    edit: EditProfile = {"identifiers": {"custom_id": customer_id}, "attributes": {"tier": tier}}
    try:
        batch.call(lambda client: client.profiles.update([edit]))
    except BatchError as error:
        if error.retry == "never":
            raise
        raise self.retry(exc=error, countdown=error.retry_after) from error


@worker_process_shutdown.connect
def close_client(**_: Any) -> None:
    """Celery ends its processes without `atexit`."""
    batch.close()
