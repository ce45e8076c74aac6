"""`make spec-update`: a new version of the document, from the pull to a tree that can be looked through and tested.

It pulls, writes the report to `build/spec-update.md`, generates, and records what is public. Where a person must decide
it stops with exit status 1: the report then ends with what the step said, and what was done until then stays. All else
that it changes is in the working tree, for `git diff` to show. The workflow puts the report into a pull request.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.diff import report
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import APIS, HERE, Layout
from codegen.pull import pull
from tools import ratchet

REPORT = Path("build") / "spec-update.md"


class Stopped(Exception):
    """A person must decide. The text says what about."""


def main(arguments: Sequence[str] | None = None, here: Layout = HERE) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.update", description="Take in a new version of the document."
    )
    parser.add_argument("--url", default="", help="another source than that of the lock file")
    parser.add_argument("--api", default=here.api, choices=APIS, help="whose document")
    given = parser.parse_args(arguments)
    layout = here._replace(api=given.api)
    try:
        _refuse_unsaved(layout.root)
        before = layout.document.read_bytes()
        print(pull.pull(layout, given.url))
        if layout.document.read_bytes() == before:
            return 0
        text = report.write(layout, report.of_head(layout), report.of_file(layout.document))
    except (CodegenError, Stopped) as error:
        print(f"spec-update: {error}", file=sys.stderr)
        return 1
    stop = _build(layout)
    path = layout.root / REPORT
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + (_section(stop) if stop else ""), encoding="utf-8")
    print(f"{REPORT}: {_summary(text)}")
    if stop:
        print(f"spec-update: {stop}", file=sys.stderr)
        return 1
    print(_run(["git", "diff", "--stat", "--", "."], layout.root).strip())
    print(_next(text))
    return 0


def _build(layout: Layout) -> str:
    """Generate, and record what is public. Returns what stopped it, without the folder that this is in."""
    try:
        for note in pipeline.generate(*layout.every_api()):
            print(f"note: {note}".replace(f"{layout.root}/", ""))
        if lost := ratchet.unexcused(layout.root):
            raise Stopped("\n".join(lost))
        ratchet.write(layout.root)
    except (CodegenError, Stopped) as error:
        return str(error).replace(f"{layout.root}/", "")
    return ""


def _refuse_unsaved(root: Path) -> None:
    """What is changed afterwards shall be the update, and nothing else."""
    if changed := _run(["git", "status", "--porcelain", "--untracked-files=no"], root):
        raise Stopped(f"the working tree has changes that are not committed:\n{changed}")


def _section(stop: str) -> str:
    fenced = stop.replace("```", "'''")  # it may quote the document
    return f"\n## Where it stopped\n\n```text\n{fenced}\n```\n"


def _summary(text: str) -> str:
    return next((line.strip("*") for line in text.splitlines() if line.startswith("**")), "")


def _next(text: str) -> str:
    """What to do now."""
    if "## New parts" not in text:
        return f"Next: read {REPORT} and the diff; make check test; commit."
    return (
        f"Next: put the lines that {REPORT} proposes for names.yaml and operations.yaml there, corrected;\n"
        "make generate stubs api-snapshot; make the stubs good; make check test; commit."
    )


def _run(command: list[str], root: Path) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stopped(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
