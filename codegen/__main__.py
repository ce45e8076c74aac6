"""`python -m codegen generate`, `check`, `pull` and `diff`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.diff import report
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import APIS, HERE
from codegen.pull import pull


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Generate the low-level client.")
    parser.add_argument("command", choices=("generate", "check", "pull", "diff"), help="write, compare, fetch, report")
    parser.add_argument(
        "--api", default=HERE.api, choices=APIS, help="pull, diff: the API; the other commands handle all"
    )
    parser.add_argument("--url", default="", help="pull: a source other than that of the lock file")
    parser.add_argument("--old", default="", help="diff: a file to use instead of the document in git's HEAD")
    parser.add_argument("--new", default="", help="diff: a file to use instead of the document in the working tree")
    given = parser.parse_args(arguments)
    command, layout = given.command, HERE._replace(api=given.api)
    try:
        if command == "pull":
            print(pull.pull(layout, given.url))
            return 0
        if command == "diff":
            old = report.of_file(Path(given.old)) if given.old else report.of_head(layout)
            new = report.of_file(Path(given.new) if given.new else layout.document)
            print(report.write(layout, old, new), end="")
            return 0
        notes = (pipeline.generate if command == "generate" else pipeline.check)(*HERE.every_api())
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
