"""The fates of many items as counts and troubles, also as JSON for a caller that waits in another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict, field, frozen

from batch_api.engine import errors
from batch_api.engine.errors import APIError, BatchError, InvalidInput
from batch_api.ingest.items import fates
from batch_api.ingest.items.fates import PartlyApplied, Trouble
from batch_api.results import PartialError

_TOLD = ("outcome", "may_pass", "retry_after", "status", "operation", "stage", "field")
"""The attributes of an error that are written, if it has them: none that may quote personal data."""


@frozen(repr=False)
class Summary:
    """The fates of all items of a job."""

    counts: dict[str, int]
    """How many ended in each fate, by its name."""
    troubles: list[Trouble] = field(factory=list)
    """The fates of items that were not delivered in full. `job.collect()` keeps the first 10 000, in the order in which
    they became known; `send_chunk` keeps all of them, in the order of the source."""
    was_finished: bool = field(default=False, kw_only=True)
    """Whether an earlier call with the same checkpoint had finished the job, so that this one had nothing to send."""

    @property
    def delivered(self) -> int:
        """How many were delivered in full."""
        return self.counts.get("Delivered", 0)

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON. Holds the ids of the troubles, which may be personal data, but no text of the API."""
        return {"counts": dict(self.counts), "troubles": [_written(trouble) for trouble in self.troubles]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Summary:
        """What `to_dict` wrote. Errors keep their class, but not the answer of the API."""
        return cls(dict(data["counts"]), [_read(trouble) for trouble in data["troubles"]])

    def __repr__(self) -> str:
        counts = [f"{name}={count}" for name, count in self.counts.items() if count]
        return f"Summary({', '.join(counts + ['was_finished=True'] * self.was_finished)})"


def _written(trouble: Trouble) -> dict[str, Any]:
    error: Any
    if isinstance(trouble, PartlyApplied):
        error = [asdict(one, filter=lambda attribute, _: attribute.name != "reason") for one in trouble.error]
    else:
        error = _written_error(trouble.error)
    return {"fate": type(trouble).__name__, "index": trouble.index, "id": trouble.id, "error": error}


def _written_error(error: BatchError) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": type(error).__name__}
    if isinstance(error, InvalidInput):
        return kind | {"reason": error.reason, "index": error.index, "path": error.path}
    told = {name: getattr(error, name) for name in _TOLD if hasattr(error, name)}
    if isinstance(error, APIError) and error.has_symbolic_code:
        told["error_code"] = error.error_code
    return kind | {"message": str(error.args[0]) if error.args else "", **told}


def _read(data: Mapping[str, Any]) -> Trouble:
    error: Any = data["error"]
    if isinstance(error, list):
        error = tuple(PartialError(one["index"], one["attribute"], one["category"], None) for one in error)
    else:
        error = _read_error(error)
    kind: Any = getattr(fates, data["fate"])
    trouble: Trouble = kind(data["index"], data["id"], None, error)
    return trouble


def _read_error(data: Mapping[str, Any]) -> BatchError:
    if data["type"] == "InvalidInput":
        return InvalidInput(data["reason"], index=data["index"], path=data["path"])
    kind = getattr(errors, data["type"], BatchError)  # classes of other modules come back as the root
    error: BatchError = kind(data["message"])
    for name in (*_TOLD, "error_code"):
        if name in data:
            setattr(error, name, data[name])
    return error
