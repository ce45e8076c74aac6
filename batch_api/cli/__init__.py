"""The command `batch-api`. It needs `pip install batch-api[cli]`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command. Returns the exit status."""
    try:
        from batch_api.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        sys.stderr.write(f"batch-api needs {error.name}: pip install 'batch-api[cli]'\n")
        return 2
    return run()
