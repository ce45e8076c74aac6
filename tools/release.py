"""`make release`: sdist and wheel of a tagged state, and the proof that the wheel works by itself.

They are built from what the tag holds, not from the folder, with the time of its commit, so that the same tag gives the
same bytes. The wheel is then installed in an environment of its own, and the demo runs there, outside of the project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ("-m", "examples.demo")
EXTRAS = "cli,testing"


class Refused(Exception):
    """There is nothing that can be released. The text says why, and what to do."""


def main(root: Path = ROOT) -> int:
    try:
        tag = checked(root)
        built = build(root, tag)
        with tempfile.TemporaryDirectory() as folder:
            prove(install(built[-1], Path(folder)), root, tag, Path(folder))
    except Refused as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print("\n".join(f"{path.relative_to(root)}: {path.stat().st_size} bytes" for path in built))
    return 0


def checked(root: Path) -> str:
    """The tag of a state that can be released: nothing uncommitted, version, tag and changelog of one mind."""
    if changed := _run(["git", "status", "--porcelain"], root):
        raise Refused(f"the working tree is not as committed:\n{changed.rstrip()}\n  Commit or remove it.")
    version = re.search(r'^__version__ = "(.+)"$', _read(root, "batch_api/_version.py"), re.MULTILINE)
    if version is None:
        raise Refused("batch_api/_version.py says no version.")
    tag = f"v{version[1]}"
    tags = _run(["git", "tag", "--points-at", "HEAD"], root).split()
    if tag not in tags:
        others = f"its tags are {', '.join(tags)}" if tags else "it has no tag"
        raise Refused(f"HEAD is version {version[1]}, but {others}.\n  git tag -a {tag}")
    entry = re.search(
        rf"^## \[{re.escape(version[1])}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)",
        _read(root, "CHANGELOG.md"),
        re.DOTALL | re.MULTILINE,
    )
    if entry is None or not re.search(r"^- \S", entry[1], re.MULTILINE):
        raise Refused(f"CHANGELOG.md has no entry `## [{version[1]}] - YYYY-MM-DD` that says anything.")
    return tag


def build(root: Path, tag: str) -> list[Path]:
    """The sdist, and the wheel that is built from it, in `dist/`."""
    dist = root / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    epoch = _run(["git", "log", "-1", "--format=%ct", tag], root).strip()
    with tempfile.TemporaryDirectory() as folder:
        _extract(root, tag, (), Path(folder))
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), folder]
        _run(command, Path(folder), {"SOURCE_DATE_EPOCH": epoch})
    built = [*dist.glob("*.tar.gz"), *dist.glob("*.whl")]
    if len(built) != 2:
        raise Refused(f"expected an sdist and a wheel in dist/, got {[path.name for path in built]}.")
    return built


def install(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment that has the wheel and what it needs, and nothing else."""
    _run([sys.executable, "-m", "venv", str(folder / "venv")], folder)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[{EXTRAS}]"], folder)
    return python


def prove(python: Path, root: Path, tag: str, folder: Path, demo: Sequence[str] = DEMO) -> None:
    """Run the demo with the installed package. The examples are beside it, the package's source is not."""
    (folder / "elsewhere").mkdir()
    _extract(root, tag, ("examples",), folder / "elsewhere")
    show = "import batch_api; print(batch_api.__version__, batch_api.DOCUMENT_VERSION, batch_api.__file__)"
    version, document, file = _run([str(python), "-c", show], folder / "elsewhere").split(maxsplit=2)
    if version != tag.removeprefix("v") or not Path(file).is_relative_to(folder / "venv"):
        raise Refused(f"the wheel gives version {version} from {file}.")
    print(f"The wheel of batch_api {version} (document {document}) is installed by itself. Its demo:", flush=True)
    done = subprocess.run([python, *demo], cwd=folder / "elsewhere", env=_environment(), check=False)
    if done.returncode:
        raise Refused(f"the demo ended with exit status {done.returncode}.")


def _extract(root: Path, tag: str, paths: Sequence[str], folder: Path) -> None:
    """What git has under a tag."""
    command = ["git", "archive", "--format=tar", tag, *paths]
    packed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def _read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def _run(command: list[str], folder: Path, more: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=_environment() | dict(more or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"{' '.join(command[:4])} … failed:\n{(done.stdout + done.stderr).strip()[-2000:]}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Without what could lead Python back to the source, or a client to an account."""
    return {name: value for name, value in os.environ.items() if not re.match("PYTHON|VIRTUAL_ENV|BATCH_", name)}


if __name__ == "__main__":
    raise SystemExit(main())
