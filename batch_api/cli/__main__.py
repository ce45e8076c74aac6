"""`python -m batch_api.cli`."""

from __future__ import annotations

import sys

from batch_api.cli import main

if __name__ == "__main__":
    sys.exit(main())
