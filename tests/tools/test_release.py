"""`make release` builds only a tagged state with its entry in the changelog, and the wheel works by itself."""

from __future__ import annotations

import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.tools.project import commit, git, repository
from tools import release

ENTRY = (
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n### Added\n\n- A thing.\n\n## [1.2.2] - 2026-11-01\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A state that can be released."""
    (tmp_path / "batch_api").mkdir()
    (tmp_path / "batch_api" / "_version.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(ENTRY)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    git(tmp_path, "tag", "v1.2.3")
    return tmp_path


def test_a_tagged_state_with_its_entry_can_be_released(root: Path) -> None:
    assert release.checked(root) == "v1.2.3"
    git(root, "tag", "another")
    assert release.checked(root) == "v1.2.3"


@pytest.mark.parametrize("name", ["CHANGELOG.md", "new.txt"])
def test_a_tree_that_is_not_as_committed_is_refused(root: Path, name: str) -> None:
    with (root / name).open("a") as file:
        file.write("more\n")
    with pytest.raises(release.Refused, match=f"not as committed:\n.*{name}"):
        release.checked(root)


def test_a_state_without_its_tag_is_refused(root: Path) -> None:
    git(root, "tag", "-d", "v1.2.3")
    with pytest.raises(release.Refused, match="it has no tag"):
        release.checked(root)
    git(root, "tag", "v1.2.2")
    with pytest.raises(release.Refused, match=r"its tags are v1\.2\.2"):
        release.checked(root)
    git(root, "tag", "v1.2.3")
    (root / "later.txt").write_text("x")
    commit(root)
    with pytest.raises(release.Refused, match="it has no tag"):
        release.checked(root)


@pytest.mark.parametrize(
    "changelog",
    [
        ENTRY.replace("[1.2.3]", "[1.2.4]"),
        ENTRY.replace(" - 2026-12-01", ""),
        ENTRY.replace("### Added\n\n- A thing.\n\n", ""),
        ENTRY.replace("1.2.3", "1x2x3"),
    ],
)
def test_a_state_without_an_entry_is_refused(root: Path, changelog: str) -> None:
    (root / "CHANGELOG.md").write_text(changelog)
    commit(root)
    git(root, "tag", "-f", "v1.2.3")
    with pytest.raises(release.Refused, match=r"no entry `## \[1\.2\.3\]"):
        release.checked(root)


def test_a_version_that_is_not_the_tags_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "batch_api" / "_version.py").write_text('__version__ = "1.2.4"\n')
    commit(root)
    git(root, "tag", "-f", "v1.2.3")
    assert release.main(root) == 1
    assert capsys.readouterr().err == "release: HEAD is version 1.2.4, but its tags are v1.2.3.\n  git tag -a v1.2.4\n"
    assert not (root / "dist").exists()


def test_the_wheel_of_this_project_works_by_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path / "project")
    git(root, "tag", "v0.1.0")
    (root / "batch_api" / "not_committed.py").write_text("raise ImportError\n")

    sdist, wheel = release.build(root, "v0.1.0")
    first = {path.name: path.read_bytes() for path in (sdist, wheel)}
    assert set(first) == {"batch_api-0.1.0.tar.gz", "batch_api-0.1.0-py3-none-any.whl"}
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        metadata = packed.read("batch_api-0.1.0.dist-info/METADATA").decode()
    assert {name.split("/")[0] for name in names} == {"batch_api", "batch_api-0.1.0.dist-info"}
    assert {"batch_api/py.typed", "batch_api/_generated/cep/openapi.json", "batch_api/_document.py"} <= set(names)
    assert "batch_api/not_committed.py" not in names
    assert "Requires-Dist: httpx<0.29,>=0.27" in metadata
    with tarfile.open(sdist) as archive:
        assert "batch_api-0.1.0/CHANGELOG.md" in archive.getnames()
    release.build(root, "v0.1.0")
    assert {path.name: path.read_bytes() for path in (sdist, wheel)} == first, "the same tag gives the same bytes"

    folder = tmp_path / "clean"
    folder.mkdir()
    python = installed_offline(wheel, folder)
    release.prove(python, root, "v0.1.0", folder, demo=("-c", "import batch_api.cli, examples.demo; print('it runs')"))
    out = capfd.readouterr().out
    assert "The wheel of batch_api 0.1.0 (document 2." in out
    assert "it runs" in out
    with pytest.raises(release.Refused, match="exit status 3"):
        release.prove(python, root, "v0.1.0", moved(folder), demo=("-c", "raise SystemExit(3)"))
    with pytest.raises(release.Refused, match=r"gives version 0\.1\.0"):
        release.prove(python, root, tagged(root, "v0.1.1"), moved(folder), demo=("-c", ""))


def installed_offline(wheel: Path, folder: Path) -> Path:
    """As `release.install`, but what the wheel needs is that of the environment that runs the tests."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    (place,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (place / "others.pth").write_text("\n".join(site.getsitepackages()))
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    subprocess.run([python, "-m", "pip", "install", *quiet, wheel], check=True)
    return python


def moved(folder: Path) -> Path:
    """Make room for another proof."""
    (folder / "elsewhere").rename(folder / f"earlier{len(list(folder.iterdir()))}")
    return folder


def tagged(root: Path, tag: str) -> str:
    git(root, "tag", tag)
    return tag
