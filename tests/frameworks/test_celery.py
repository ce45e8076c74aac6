"""A Celery worker with two processes, on a broker that is a folder."""

from __future__ import annotations

import signal
from pathlib import Path

from celery import Celery

from batch_api.testing import FakeBatch
from tests.programs import ROOT, program

WORKER = """
import os, threading
from celery.signals import worker_process_shutdown
from batch_api import BatchClient
from examples.frameworks import celery_app
from examples.frameworks.portal import BatchPortal

app = celery_app.app
app.conf.broker_transport_options = {options!r}
celery_app.batch = BatchPortal(lambda: BatchClient.from_env(share=0.5, deadline=0.5))

@worker_process_shutdown.connect(weak=False)
def left(**_):  # after the receiver of the example
    os.write(1, b"%d portals;" % sum("portal" in thread.name for thread in threading.enumerate()))
"""
COMMAND = (
    *("-m", "celery", "--app", "worker_app", "worker", "--concurrency", "2", "--loglevel", "ERROR"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)
EIGHT = [f"u{number}" for number in range(8)]


def test_tasks_reach_the_api_and_one_that_failed_comes_back(served_api: FakeBatch, tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.mkdir()
    folders = {"data_folder_in": str(queue), "data_folder_out": str(queue), "control_folder": str(tmp_path / "control")}
    options = {**folders, "polling_interval": 0.02}
    (tmp_path / "worker_app.py").write_text(WORKER.format(options=options))
    producer = Celery(broker="filesystem://", set_as_current=False)
    producer.conf.broker_transport_options = options
    for customer in EIGHT:
        producer.send_task("examples.frameworks.celery_app.set_tier", (customer, "gold"))
    outage = served_api.fail("profile_update", 503, retry_after=1)  # longer than the deadline of a call
    profiles = served_api.project().profiles.by_id
    with program(*COMMAND, env={"CELERY_BROKER_URL": "filesystem://", "PYTHONPATH": f"{tmp_path}:{ROOT}"}) as worker:
        worker.wait_until(lambda: len(profiles) == len(EIGHT))
        worker.signal(signal.SIGTERM)
        printed = worker.output()
    assert {id: profile.attributes["tier"] for id, profile in profiles.items()} == dict.fromkeys(EIGHT, "gold")
    assert outage.struck == 1
    assert printed.count("portals;") == printed.count("0 portals;") == 2
