"""How long a job keeps retrying by default."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 600.0
"""Seconds to keep retrying while nothing gets through."""

DRAIN: Final = 10.0
"""Seconds to wait for the answer to a request in flight when the job that sent it is cancelled."""
