"""How long a job keeps trying, if it is not told otherwise."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 600.0
"""Seconds to go on trying while nothing gets through."""

DRAIN: Final = 10.0
"""Seconds to wait for the answer to a request on the wire, when the job that sent it is cancelled."""
