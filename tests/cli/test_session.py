"""The session that the guide shows, command by command: what it prints is what is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from batch_api.testing import FakeBatch
from tests.cli.conftest import Command

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "command-line.md"

CUSTOMERS = (
    "sep=;\r\n"
    "custom_id;$email_address;date(born);city;price;\r\n"
    "u1;ann@example.org;1990-05-04;Orl\u00e9ans;12,5;\r\n"
    "u2;bob@example.org;4 May 1990;Paris;3;\r\n"
    ";eve@example.org;;Lyon;1,25;\r\n"
    "u4;dan@example.org;2001-02-03 09:30:00+01;NULL;;\r\n"
    ";;;;;\r\n;;;;;\r\n"
)


def session() -> Iterator[tuple[list[str], list[str]]]:
    """Each command, and the lines that the guide shows after it."""
    found = re.search(r'```text title="A session"\n(.*?)```', GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    for part in re.split(r"^\$ ", found[1], flags=re.MULTILINE)[1:]:
        command, *said = part.strip("\n").split("\n")
        yield shlex.split(command), said


def test_the_guide_shows_what_happens(fake: FakeBatch, batch_api: Command) -> None:
    Path("customers.csv").write_bytes(CUSTOMERS.encode("cp1252"))
    letters = Path("customers.dead-letter.csv")
    commands = list(session())
    for (program, *arguments), said in commands:
        if program == "cat":
            printed = Path(arguments[0]).read_text(encoding="utf-8-sig").splitlines()
            assert printed == said
            corrected = letters.read_text().replace("4 May 1990", "1990-05-04").replace('";;eve', '";u3;eve')
            letters.write_text(corrected)
        else:
            result = batch_api(*arguments)
            left = iter(result.output.splitlines())
            assert all(line in left for line in said), "all of it, in this order"
    assert len(commands) == 5
    sent = {edit.edit["identifiers"]["custom_id"]: edit.edit["attributes"] for edit in fake.edits}
    assert sent == {
        "u1": {
            "$email_address": "ann@example.org",
            "date(born)": "1990-05-04T00:00:00Z",
            "city": "Orl\u00e9ans",
            "price": 12.5,
        },
        "u2": {"$email_address": "bob@example.org", "date(born)": "1990-05-04T00:00:00Z", "city": "Paris", "price": 3},
        "u3": {"$email_address": "eve@example.org", "city": "Lyon", "price": 1.25},
        "u4": {"$email_address": "dan@example.org", "date(born)": "2001-02-03T08:30:00Z", "city": None},
    }
