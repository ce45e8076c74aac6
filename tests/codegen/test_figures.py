"""Limits that the document's prose states, wherever it does: compared by number, by what is counted, and by time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from codegen.diff import report
from codegen.generate import pipeline
from codegen.layout import HERE
from codegen.prose import Figure, figures

Json = dict[str, Any]
Edit = Callable[[Json], object]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 request per second", [(1, "request", 1)]),
        ("300 updates/s with a burst of 1 000.", [(300, "update", 1), (1000, "", None)]),
        ("at most 10 000. Then 1,000 items", [(10_000, "", None), (1000, "item", None)]),
        ("5 requests an hour", [(5, "request", 3600)]),
        ("100 per hour, 20 every day", [(100, "", 3600), (20, "", 86_400)]),
        ("10 requests in 60 s", [(10, "request", 60)]),
        ("a request every 2 seconds", [(1, "request", 2)]),
        ("5k updates per second", [(5000, "update", 1)]),
        ("2 million items, 3M", [(2_000_000, "item", None), (3_000_000, "", None)]),
        ("one hundred updates per second", [(100, "update", 1)]),
        ("twelve calls a minute", [(12, "call", 60)]),
        ("0.5 requests per second", [(0.5, "request", 1)]),
        ("up to 200 profiles (max 1 MB) per call", [(200, "profile", None), (1, "MB", None)]),
        ("rate 7 per second", [(7, "", 1)]),
        ("version 2.11, v2, exactly one, one of the two, none", []),
    ],
)
def test_the_figures_in_prose(text: str, found: list[tuple[float, str, int | None]]) -> None:
    assert [tuple(figure) for figure in figures(text)] == found


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(1, "request", 1), "1 request per second"),
        (Figure(10_000, "update", 60), "10 000 updates per minute"),
        (Figure(0.5, "request", 2), "0.5 requests per 2 s"),
        (Figure(200, "", None), "200"),
        (Figure(1, "MB", None), "1 MB"),
        (Figure(2, "MB", None), "2 MB"),
    ],
)
def test_a_figure_in_words(figure: Figure, text: str) -> None:
    assert str(figure) == text


def replaced(path: str, old: str, new: str) -> Edit:
    def edit(document: Json) -> None:
        operation = document["paths"][path]["post"]
        assert old in operation["description"]
        operation["description"] = operation["description"].replace(old, new)

    return edit


def info(old: str, new: str) -> Edit:
    def edit(document: Json) -> None:
        assert old in document["info"]["description"]
        document["info"]["description"] = document["info"]["description"].replace(old, new)

    return edit


def tag(text: str) -> Edit:
    def edit(document: Json) -> None:
        next(one for one in document["tags"] if one["name"] == "Profiles")["description"] += f" {text}"

    return edit


def extension(value: Any) -> Edit:
    def edit(document: Json) -> None:
        for item in document["paths"].values():
            for operation in item.values():
                operation["x-rate-limit"] = value

    return edit


def too_many_requests(document: Json) -> None:
    document["components"]["responses"]["429"]["description"] += " At most 3 requests per second."


CORRECTED = "until overrides/cep/operations.yaml is corrected"
ADD = "is not in overrides/cep/operations.yaml: add it, if it is one"

# What the vendor changes, how much of it breaks, what is in the row of Limits, and what it means.
CHANGES: list[tuple[str, Edit, int | None, str, str]] = [
    (
        "the default, as so many in a minute",
        info("1 request per second", "2 requests per minute"),
        1,
        "| `the document` | 1 request per second → 2 requests per minute | 1 request per second, at ",
        f"we keep to 1 request per second {CORRECTED}: until then calls may be refused",
    ),
    (
        "a limit for all calls together",
        info("before trying again.", "before trying again. All calls together may not exceed 50 requests per second."),
        1,
        "| `the document` | no figure → 50 requests per second | ",
        f"a limit of 50 requests per second {ADD}",
    ),
    (
        "another unit of time",
        replaced("/profiles/update", "updates per second", "updates per minute"),
        1,
        "| `POST /profiles/update` | 300 updates per second → 300 updates per minute | 300 items per second, burst ",
        f"we keep to 300 updates per second {CORRECTED}: until then calls may be refused",
    ),
    (
        "a rate whose number is a cap as well",
        replaced("/profiles/mass-update", "10 000 updates per second", "5 000 updates per second"),
        1,
        "| `POST /profiles/mass-update` | 10 000 updates per second → 5000 updates per second | ",
        f"we keep to 10 000 updates per second {CORRECTED}: until then calls may be refused",
    ),
    (
        "in thousands",
        replaced("/profiles/mass-update", "10 000 updates per second", "5k updates per second"),
        1,
        "| `POST /profiles/mass-update` | 10 000 updates per second → 5000 updates per second | ",
        "until then calls may be refused",
    ),
    (
        "in words",
        replaced("/profiles/update", "300 updates per second", "one hundred updates per second"),
        1,
        "| `POST /profiles/update` | 300 updates per second → 100 updates per second | ",
        "until then calls may be refused",
    ),
    (
        "a smaller burst",
        replaced("/profiles/update", "burst of 1 000", "burst of 500"),
        1,
        "| `POST /profiles/update` | 1000 → 500 | ",
        "we keep to 1000 until",
    ),
    (
        "more than before",
        replaced("/profiles/update", "300 updates per second", "500 updates per second"),
        0,
        "| `POST /profiles/update` | 300 updates per second → 500 updates per second | ",
        f"we keep to 300 updates per second {CORRECTED} |",
    ),
    (
        "none any more",
        replaced("/catalogs/create", "5 requests per second", "none"),
        0,
        "| `POST /catalogs/create` | 5 requests per second → no figure | 5 requests per second |",
        "we keep to 5 requests per second, which the text no longer states",
    ),
    (
        "in the text of a tag",
        tag("All together 42 requests per second."),
        1,
        "| `tag Profiles` | no figure → 42 requests per second | ",
        f"a limit of 42 requests per second {ADD}",
    ),
    (
        "in an extension",
        extension({"rate": 7, "per": "second"}),
        None,  # where more than one limit is kept, it depends on what it counts
        "operations, as `GET /audiences/list` | no figure → 7 per second | 1 request per second |",
        f"a limit of 7 per second {ADD}",
    ),
    (
        "in the text of an answer",
        too_many_requests,
        1,
        "operations, as `GET /audiences/list` | no figure → 3 requests per second | 1 request per second |",
        f"a limit of 3 requests per second {ADD}",
    ),
]


@pytest.fixture(autouse=True)
def without_building(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it builds is the matter of other tests, and takes a second."""
    monkeypatch.setattr(pipeline, "stops", lambda *_: ())


@pytest.mark.parametrize(
    ("edit", "breaking", "row", "means"), [one[1:] for one in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_a_limit_in_prose(original: Json, edit: Edit, breaking: int | None, row: str, means: str) -> None:
    new = copy.deepcopy(original)
    edit(new)
    text = report.write(HERE, original, new)
    assert breaking is None or f"**{breaking} breaking, " in text
    assert row in text.split("## Limits")[1]
    assert means in text


def test_words_without_a_limit_are_wording(original: Json) -> None:
    new = copy.deepcopy(original)
    tag("Since 2019, in 3 steps.")(new)
    replaced("/profiles/update", "live\ndata", "fresh\ndata")(new)
    text = report.write(HERE, original, new)
    assert "**0 breaking, 0 additive, 2 wording.**" in text
    assert "## Limits" not in text


def test_what_is_said_is_not_cut_before_its_figure(original: Json) -> None:
    new = copy.deepcopy(original)
    info("before trying again.", "before trying again. " + "Much is said. " * 8 + "All calls: 50 requests per second.")(
        new
    )
    assert "50 requests per second.”" in report.write(HERE, original, new)
