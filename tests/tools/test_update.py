"""`make spec-update`, in a clone, against a server on loopback: report, regenerated tree, and nothing else."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from codegen import yamlfile
from codegen.layout import HERE, Layout
from tests.codegen.variants import scrambled, varied
from tests.codegen.versions import new_version
from tests.tools.project import ROOT, commit, git, repository
from tools import update

Json = dict[str, Any]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = repository(tmp_path_factory.mktemp("template"))
    subprocess.run([sys.executable, "-m", "tools.ratchet", "write"], cwd=root, check=True)
    if git(root, "status", "--porcelain"):
        commit(root)
    return root


@pytest.fixture
def clone(template: Path, tmp_path: Path) -> Layout:
    shutil.copytree(template, tmp_path / "clone")
    return Layout(tmp_path / "clone")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address it is served at."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def offered(site: tuple[Path, str], document: Json) -> str:
    (site[0] / "document.yaml").write_text(json.dumps(document))
    return f"{site[1]}/document.yaml"


def with_a_new_field() -> Json:
    document = copy.deepcopy(yamlfile.load_table(HERE.document))
    document["components"]["schemas"]["oneSegment"]["properties"]["created_by"] = {"type": "string"}
    return varied(document, scrambled)


def changed(root: Path) -> set[str]:
    return {line[3:] for line in git(root, "status", "--porcelain").splitlines()}


def test_one_command_pulls_reports_generates_and_records(clone: Layout, site: tuple[Path, str]) -> None:
    url = offered(site, with_a_new_field())
    # The environment that runs this is that of the clone: its own would have to be installed.
    make = ["make", "-s", "-o", ".venv/.ready", f"BIN={Path(sys.executable).parent}", "spec-update", f"URL={url}"]
    kept = {name: value for name, value in os.environ.items() if not re.match("COV|PYTEST|MAKE|MFLAGS", name)}
    ran = subprocess.run(make, cwd=clone.root, env=kept, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "build/spec-update.md: 0 breaking, 1 additive, 0 wording." in ran.stdout
    text = (clone.root / "build" / "spec-update.md").read_text()
    assert "| `Segment.created_by` (`segments.list`) | response | field added |" in text
    assert "Where it stopped" not in text
    generated = {"document.py", "models/segment.py", "openapi.json"}
    assert changed(clone.root) == {
        *("openapi/batch-api.yaml", "openapi/batch-api.lock.yaml", "tools/public-api.txt"),
        *(f"batch_api/_generated/cep/{name}" for name in generated),
    }
    assert "+models.Segment.created_by: str | None = …\n" in git(clone.root, "diff", "tools")
    assert str(clone.root) not in text + ran.stdout

    commit(clone.root)
    assert update.main(["--url", url], clone) == 0
    assert changed(clone.root) == set()


def test_it_stops_where_a_person_must_decide(
    clone: Layout, site: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = offered(site, varied(new_version(yamlfile.load_table(HERE.document)), scrambled))
    assert update.main(["--url", url], clone) == 1
    assert "spec-update: public API: `models.Audience.display_name` is gone" in capsys.readouterr().err
    text = (clone.root / "build" / "spec-update.md").read_text()
    assert "| `Audience.display_name` (`audiences.list`, `audiences.view`) | response | field removed |" in text
    assert "`models.Audience.display_name` is gone" in text.split("## Where it stopped")[1]
    assert str(clone.root) not in text
    assert "tools/public-api.txt" not in changed(clone.root)
    assert "batch_api/_generated/cep/models/segment.py" in changed(clone.root)


def test_a_build_that_stops_leaves_document_and_report(clone: Layout, site: tuple[Path, str]) -> None:
    document = yamlfile.load_table(HERE.document)
    properties = document["components"]["schemas"]["campaign"]["properties"]
    properties["schedule"] = properties.pop("when")
    assert update.main(["--url", offered(site, document)], clone) == 1
    assert changed(clone.root) == {"openapi/batch-api.yaml", "openapi/batch-api.lock.yaml"}
    assert "Campaign.when" in (clone.root / "build" / "spec-update.md").read_text().split("## Where it stopped")[1]


@pytest.mark.parametrize("content", [None, "openapi: 3.0.0\n", "{", "a: &a [*a]\n"])
def test_a_bad_answer_changes_nothing(clone: Layout, site: tuple[Path, str], content: str | None) -> None:
    if content is not None:
        (site[0] / "document.yaml").write_text(content)
    assert update.main(["--url", f"{site[1]}/document.yaml"], clone) == 1
    assert changed(clone.root) == set()
    assert not (clone.root / "build").exists()


def test_work_that_is_not_committed_is_not_mixed_up_with_it(
    clone: Layout, site: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with (clone.root / "README.md").open("a") as readme:
        readme.write("more\n")
    assert update.main(["--url", offered(site, with_a_new_field())], clone) == 1
    assert "changes that are not committed" in capsys.readouterr().err
    assert changed(clone.root) == {"README.md"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_use_what_there_is(path: Path) -> None:
    workflow = YAML(typ="safe").load(path.read_text())
    (job,) = workflow["jobs"].values()
    commands = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE)) <= targets
    assert all((ROOT / name).exists() for name in re.findall(r"^(\.ci/\w+)", commands, re.MULTILINE))
    assert "${{" not in commands, "what comes from outside goes through the environment"
    known = {step.get("id") for step in job["steps"]}
    assert set(re.findall(r"steps\.(\w+)\.", path.read_text())) <= known
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(["bash", "-n"], input=commands, text=True, check=True)
