"""The day of a new document, rehearsed: `python -m tests.codegen.rehearse [VARIANT…]`.

Each variant of `variants` (`scrambled` and `next` if none is named, `all` for every one) goes through pull → report →
generate in a copy of this repository, by the same commands as `make spec-pull`, `spec-diff` and `generate`. There the
unchanged tests of the facade must pass, and no public name may be gone; types change where the variant says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from codegen.layout import HERE
from tests.codegen import variants

_REMOVED = {"models.Audience.display_name"}
MOVES = {"next": _REMOVED, "removed_field": _REMOVED}
"""The public names that a variant takes away on purpose."""


def main(chosen: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        documents, copy = Path(folder) / "documents", Path(folder) / "repository"
        variants.main(documents)
        known = sorted(path.stem for path in documents.iterdir())
        names = known if chosen == ["all"] else chosen or ["scrambled", "next"]
        if unknown := set(names) - set(known):
            print(f"no such variants: {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
            return 2
        copy_repository(copy)
        results = [rehearse(copy, name, documents / f"{name}.yaml") for name in names]
    print(f"{sum(results)} of {len(results)} variants passed")
    return 0 if all(results) else 1


def copy_repository(target: Path) -> None:
    """What git knows of, and what is new, as it is in the working tree."""
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        if (HERE.root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE.root / name, target / name)


def rehearse(copy: Path, name: str, document: Path) -> bool:
    """One variant, after the document, the lock and the code were put back to what they are here."""
    started = time.monotonic()
    for place in ("openapi", "batch_api"):
        shutil.rmtree(copy / place)
        shutil.copytree(HERE.root / place, copy / place, ignore=shutil.ignore_patterns("__pycache__"))
    for step, arguments in (
        ("pull", ["-m", "codegen", "pull", "--url", document.as_uri()]),
        ("report", ["-m", "codegen", "diff", "--old", str(HERE.document)]),
        ("generate", ["-m", "codegen", "generate"]),
        ("public names", ["-m", "tools.ratchet"]),
        ("tests of the facade", ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/facade"]),
    ):
        done = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False)
        if step == "public names":
            broken = [line for line in done.stderr.splitlines() if " is gone" in line or "must give it" in line]
            done.returncode = 0 if {line.split("`")[1] for line in broken} == MOVES.get(name, set()) else 1
        if done.returncode:
            print(f"{name}: {step} failed\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
            return False
    passed = done.stdout.strip().splitlines()[-1].strip("= ")
    print(f"{name:28} facade: {passed}; {time.monotonic() - started:.0f} s in all", flush=True)
    return True


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=HERE.root, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
