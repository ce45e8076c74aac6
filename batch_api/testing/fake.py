"""The fake Batch API of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_api._generated.cep.registry import API
from batch_api.testing.api import STATISTICS_PATH as STATISTICS_PATH
from batch_api.testing.api import FakeApi
from batch_api.testing.project import Project
from batch_api.testing.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_api.testing.limits import Mode
    from batch_api.testing.wire import Request

REST_API_KEY = "rest_0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PROJECT_KEY = "project_0a1b2c3d4e5f6g7h8j9k0m1n2p3q4r5s"
"""The keys that a fake accepts by default. Neither opens anything real."""


class FakeBatch(FakeApi):
    """A Batch API with state, the documented rate limits, and faults on request.

    Args:
        rest_api_key: the key to accept; `None` for any that is not empty.
        project_key: the project that exists; `None` for any, each with state and limits of its own.
        limits: `True` or `"documented"` for token buckets as documented; `"windows"` for one-second windows on top;
            `False` or `"off"` for none.
        clock: a clock in seconds, for limits and dates; by default that of the running loop, virtual ones included.
        index_seconds: how long an indexing token is `IN_PROGRESS`.
        export_seconds: how long an export takes.
        link_seconds: how long the link to a file is valid; documented are 20 minutes.
        retry_after: a `Retry-After` for requests over the limits; none is documented.
        export_part_bytes: the maximum size of one file of an export; documented are 100 MB.
        keep_edits: how many of the latest edits `edits` remembers; `None` for all, 0 for none.
        seed: the seed of generated ids, jitter and probabilities.

    The same object can be used in process (`transport()`, `asgi`) and served on loopback (`serve()`).
    """

    api = API

    def __init__(
        self,
        *,
        rest_api_key: str | None = REST_API_KEY,
        project_key: str | None = PROJECT_KEY,
        limits: bool | Mode = True,
        clock: Callable[[], float] | None = None,
        index_seconds: float = 1.0,
        export_seconds: float = 3.0,
        link_seconds: float = 1200.0,
        retry_after: str | float | None = None,
        export_part_bytes: int = 100_000_000,
        keep_edits: int | None = 100_000,
        seed: int = 0,
    ) -> None:
        super().__init__(
            limits=limits,
            clock=clock,
            link_seconds=link_seconds,
            retry_after=retry_after,
            keep_edits=keep_edits,
            seed=seed,
        )
        self.rest_api_key = rest_api_key or REST_API_KEY
        """A key that is accepted."""
        self.project_key = project_key or PROJECT_KEY
        """The key of a project that exists."""
        self._any_key = rest_api_key is None
        self._any_project = project_key is None
        self._index_seconds = index_seconds
        self._export_seconds = export_seconds
        self._export_part_bytes = export_part_bytes
        self._projects: dict[str, Project] = {}

    def project(self, key: str | None = None) -> Project:
        """The state of a project; of `project_key` by default."""
        key = self.project_key if key is None else key
        if key not in self._projects:
            self._projects[key] = Project(
                self.time,
                self.storage,
                limits=self._limits,
                seed=f"{self._seed} {key}",
                index_seconds=self._index_seconds,
                export_seconds=self._export_seconds,
                export_part_bytes=self._export_part_bytes,
            )
        return self._projects[key]

    def _authenticate(self, request: Request, path: Mapping[str, str]) -> Project:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        project = request.headers.get("x-batch-project", "")
        if scheme.lower() != "bearer" or not key or not (self._any_key or key == self.rest_api_key):
            raise Refusal(401, "AUTHENTICATION_INVALID", "unknown REST API key for this project")
        if not project or not (self._any_project or project == self.project_key):
            raise Refusal(401, "AUTHENTICATION_INVALID", "unknown project")
        return self.project(project)
