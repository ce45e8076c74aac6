"""Private but for `split`: streams of edits in, the fate of every one out. Import from `batch_api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch_api.ingest.chunks.split import split

__all__ = ["split"]

if not TYPE_CHECKING:  # imported when asked for, so that nothing else here pays for it; also `batch_api.split`

    def __getattr__(name: str) -> Any:
        if name != "split":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from batch_api.ingest.chunks.split import split

        return split
