"""The command `batch-api`. It needs the extra `cli`."""

from __future__ import annotations

import sys

from batch_api._version import __version__


def main() -> int:
    """Run the command. Returns the exit status."""
    try:
        from batch_api.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        if sys.argv[1:] == ["--version"]:
            sys.stdout.write(f"batch_api {__version__}\n")
            return 0
        sys.stderr.write(f"batch-api needs {error.name}: install the extra [cli], as by pip install '.[cli]'\n")
        return 2
    return run()
