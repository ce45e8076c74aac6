"""ruff, in the pinned version and with explicit settings, so that neither defaults nor files on disk matter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from codegen.errors import CodegenError

VERSION = "0.17.6"
_ALWAYS = ("--isolated", "--no-cache", "--quiet", "--line-length=120", "--target-version=py311")
_RULES = "F,I,UP"


def format_tree(folder: Path) -> None:
    """Sort imports, drop those that nothing uses, and lay out every file below `folder`."""
    check_version()
    # No file is taken for first-party code because of where it stands at the moment: all imports here are relative.
    _ruff("check", "--fix", f"--select={_RULES}", *_ALWAYS, str(folder))
    _ruff("format", *_ALWAYS, str(folder))


def check_version() -> None:
    found = _ruff("--version").strip()
    if found != f"ruff {VERSION}":
        raise CodegenError("ruff", f"is {found!r}, not {VERSION}", f"pip install ruff=={VERSION}")


def _ruff(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "ruff", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CodegenError(
            "ruff", f"{arguments[0]} failed:\n{done.stdout}{done.stderr}", "A template wrote what is no good code."
        )
    return done.stdout
