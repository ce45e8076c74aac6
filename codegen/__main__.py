"""`python -m codegen generate`, `check` and `pull`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import pipeline, pull
from .errors import CodegenError
from .layout import HERE


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Generate the low-level client.")
    parser.add_argument("command", choices=("generate", "check", "pull"), help="write the code, compare, or fetch")
    parser.add_argument("--url", default="", help="pull: another source than that of the lock file")
    given = parser.parse_args(arguments)
    command = given.command
    try:
        if command == "pull":
            print(pull.pull(HERE, given.url))
            return 0
        notes = pipeline.generate(HERE) if command == "generate" else pipeline.check(HERE)
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
