"""OpenAPI Overlay 1.0 documents, applied strictly: an action that finds nothing to do, or that finds only some of the
places that its target names, stops the run.

`update` merges into an object, where lists are concatenated, or is one more entry of a list, as the specification says;
to replace a list, remove it first.
Targets are JSONPath (RFC 9535), which does not follow `$ref`: they are resolved in the normalised document.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonpath_rfc9535 import JSONPathError, JSONPathQuery, compile

from codegen import yamlfile
from codegen.document import Json
from codegen.errors import CodegenError, refuse

_ACTION_KEYS = {"target", "description", "update", "remove"}


def apply(document: Json, path: Path) -> Json:
    """A copy of `document` with the actions of the overlay at `path` done, in order."""
    result, problems = tried(document, path)
    refuse(problems)
    return result


def tried(document: Json, path: Path) -> tuple[Json, list[CodegenError]]:
    """Like `apply`, but actions that fail are passed over, and told."""
    overlay = yamlfile.load_table(path)
    if overlay.get("overlay") != "1.0.0" or not isinstance(overlay.get("actions"), list):
        raise CodegenError(str(path), "is not an Overlay 1.0.0 document with `actions`", "Repair the file.")
    result, problems = copy.deepcopy(document), []
    for number, action in enumerate(overlay["actions"], 1):
        try:
            _act(result, action, f"{path}: action {number} ({action.get('target')})")
        except CodegenError as error:
            problems.append(error)
    return result, problems


def _act(document: Json, action: Json, where: str) -> None:
    one = ("update" in action) != (action.get("remove") is True)
    if not one or action.keys() - _ACTION_KEYS or not isinstance(action.get("target"), str):
        raise CodegenError(where, "must have a target, a description, and either `update` or `remove: true`")
    if not str(action.get("description", "")).strip():
        raise CodegenError(where, "has no description", "Describe the defect that it repairs, and the source.")
    try:
        target = compile(action["target"])
    except JSONPathError as error:
        raise CodegenError(where, f"its target is not a JSONPath of RFC 9535: {error}") from None
    nodes = target.find(document)
    if idle := [str(one) for one in _single(target) if not one.find(document)]:
        raise CodegenError(
            where,
            "matches nothing" + (f" at {', '.join(idle)}" if nodes else ""),
            "If the vendor repaired the defect, remove the action; else correct its target. It is there because:\n"
            f"    {' '.join(str(action['description']).split())}",
        )
    if action.get("remove"):
        # From the last to the first, so that the places of list items still to be removed stay true.
        for location in sorted((node.location for node in nodes), key=_order, reverse=True):
            del _container(document, location)[location[-1]]
        return
    for node in nodes:
        _update(node.value, action["update"], where)


def _single(target: JSONPathQuery) -> Iterator[JSONPathQuery]:
    """A target for each of the names that a target lists: `$['a', 'b'].c` is `$['a'].c` and `$['b'].c`."""
    listing = [number for number, segment in enumerate(target.segments) if len(segment.selectors) > 1]
    if not listing:
        yield target
    for number in listing:
        segment = target.segments[number]
        for selector in segment.selectors:
            one = type(segment)(env=segment.env, token=segment.token, selectors=(selector,))
            segments = (*target.segments[:number], one, *target.segments[number + 1 :])
            yield JSONPathQuery(env=target.env, segments=segments)


def _order(location: tuple[int | str, ...]) -> list[tuple[int, int, str]]:
    return [(0, key, "") if isinstance(key, int) else (1, 0, key) for key in location]


def _container(document: Any, location: tuple[int | str, ...]) -> Any:
    for key in location[:-1]:
        document = document[key]
    return document


def _update(target: Any, update: Any, where: str) -> None:
    if isinstance(target, dict) and isinstance(update, dict):
        _merge(target, update)
    elif isinstance(target, list):
        target.append(copy.deepcopy(update))
    else:
        raise CodegenError(where, "updates something that is neither an object nor a list", "Target what contains it.")


def _merge(target: Json, update: Json) -> None:
    for key, value in update.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key] = [*target[key], *copy.deepcopy(value)]
        else:
            target[key] = copy.deepcopy(value)
