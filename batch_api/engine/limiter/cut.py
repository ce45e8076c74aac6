"""How the rate of a limit that processes share answers a rejection: the same for all of them, known to all at once."""

from __future__ import annotations

CUT = 0.8
"""What a rejection leaves of the rate ..."""
FLOOR = 0.1
"""... never less than this part of it ..."""
RECOVERY = 0.01
"""... and the part of it that comes back each second."""
