"""Overlays: what actions do, and that one which does nothing stops the run."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from codegen.errors import CodegenError
from codegen.generate import overlay

DOCUMENT: dict[str, Any] = {
    "info": {"title": "T", "tags": ["a"], "deep": {"x": 1}},
    "list": [{"name": "a"}, {"name": "b"}, {"name": "a"}, {"name": "c"}],
}


def apply(tmp_path: Path, *actions: Any, version: str = "1.0.0") -> dict[str, Any]:
    path = tmp_path / "overlay.yaml"
    path.write_text(json.dumps({"overlay": version, "info": {}, "actions": list(actions)}))
    return overlay.apply(DOCUMENT, path)


def action(target: str, **what: Any) -> dict[str, Any]:
    return {"target": target, "description": "Because.", **what}


def test_update_merges_objects_and_concatenates_lists(tmp_path: Path) -> None:
    result = apply(tmp_path, action("$.info", update={"tags": ["b"], "deep": {"y": 2}, "title": "U"}))
    assert result["info"] == {"title": "U", "tags": ["a", "b"], "deep": {"x": 1, "y": 2}}


def test_update_of_a_list_appends_one_entry(tmp_path: Path) -> None:
    assert apply(tmp_path, action("$.info.tags", update="b"))["info"]["tags"] == ["a", "b"]


def test_remove_takes_several_items_of_one_list(tmp_path: Path) -> None:
    result = apply(tmp_path, action("$.list[?@.name == 'a']", remove=True))
    assert result["list"] == [{"name": "b"}, {"name": "c"}]


def test_remove_takes_members_of_objects_and_whole_parents(tmp_path: Path) -> None:
    result = apply(tmp_path, action("$..deep", remove=True), action("$['list']", remove=True))
    assert result == {"info": {"title": "T", "tags": ["a"]}}


def test_actions_see_what_earlier_ones_did_and_share_nothing(tmp_path: Path) -> None:
    before = copy.deepcopy(DOCUMENT)
    new: dict[str, Any] = {"inner": {"list": []}}
    result = apply(
        tmp_path, action("$.list[*]", update={"new": new}), action("$.list[0].new.inner.list", update="only here")
    )
    assert result["list"][1]["new"] == new
    assert before == DOCUMENT


def test_an_action_that_matches_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"action 2 \(\$\.none\): matches nothing\n.*remove the action"):
        apply(tmp_path, action("$.info", update={}), action("$.none", update={}))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"target": "$.info", "update": {}}, "no description"),
        (action("$.info"), "either `update` or `remove: true`"),
        (action("$.info", update={}, remove=True), "either `update` or `remove: true`"),
        (action("$.info", remove=False), "either `update` or `remove: true`"),
        (action("$.info", update={}, copy="$.list"), "either `update` or `remove: true`"),
        ({"description": "Because.", "update": {}}, "must have a target"),
        (action("info[", update={}), "not a JSONPath"),
        (action("$.info.title", update={}), "neither an object nor a list"),
    ],
)
def test_actions_that_are_none(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        apply(tmp_path, bad)


def test_only_overlay_1_0(tmp_path: Path) -> None:
    with pytest.raises(CodegenError, match=r"not an Overlay 1\.0\.0 document"):
        apply(tmp_path, version="1.1.0")
