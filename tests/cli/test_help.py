"""`--help` on a narrow terminal, and completion in a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from batch_api.cli.app import app
from tests.cli.conftest import Command


def commands() -> Iterator[tuple[str, ...]]:
    """Every command that has a page of help."""

    def below(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if path != ("fake",):
            yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from below(inner, (*path, name))

    return below(typer.main.get_command(app), ())


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_fits_80_columns(batch_api: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = batch_api(*command, "--help").stdout
    assert max(map(len, said.splitlines())) <= 80
    assert "\u2502" not in said, "no boxes"
    assert "..." not in said.replace("[ARGS]...", ""), "nothing is cut off"
    for choice in re.findall(r"<[^>\n]*$", said, re.MULTILINE):
        pytest.fail(f"{choice} is broken")


def test_help_names_what_the_environment_may_set(batch_api: Command) -> None:
    said = batch_api("--help").stdout
    for name in ("BATCH_REST_API_KEY", "BATCH_PROJECT_KEY", "BATCH_BASE_URL", "BATCH_QUOTA_URL", "BATCH_CREDENTIALS"):
        assert name in said


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("batch-api ", {"import", "export", "list", "view", "limits", "doctor"}),
        ("batch-api import ", {"profiles", "catalog", "audience"}),
        ("batch-api list ", {"audiences", "catalogs", "exports", "segments"}),
        ("batch-api import profiles --enc", {"--encoding"}),
        ("batch-api export profiles --format ", {"parts", "jsonl", "csv"}),
    ],
)
def test_a_shell_completes(words: str, offered: set[str]) -> None:
    environment = {
        **os.environ,
        "_BATCH_API_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    program = "import sys; sys.argv[0] = 'batch-api'; from batch_api.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert offered <= set(done.stdout.split()), done.stderr
