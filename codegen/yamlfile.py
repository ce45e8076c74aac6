"""YAML as plain data: safe, YAML 1.2, dates left as text, duplicate keys refused."""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

from codegen.errors import CodegenError

_DEEPEST = 100
_MOST_PARTS = 1_000_000
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class _Plain(SafeConstructor):
    """A constructor that leaves an unquoted date what it is in JSON: a string."""


_Plain.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def load(path: Path) -> Any:
    """The content of `path`, with every key a string."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Plain
    try:
        return _as_json(yaml.load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CodegenError(str(path), "no such file") from None
    except (YAMLError, ValueError, RecursionError, _Refused) as error:
        raise CodegenError(str(path), f"cannot be read as YAML: {error}", "Repair the file.") from None


def load_table(path: Path) -> dict[str, Any]:
    """The content of `path`, which must be a mapping."""
    table = load(path)
    if not isinstance(table, dict):
        raise CodegenError(str(path), "does not hold a mapping", "Repair the file.")
    return table


def _as_json(value: Any) -> Any:
    """What YAML has and JSON has not: a response code without quotes becomes text, infinities are refused."""
    if isinstance(value, dict):
        return _unique(
            [(_text(key if isinstance(key, str) else _key(key)), _as_json(item)) for key, item in value.items()]
        )
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise CodegenError("YAML", f"{value} is not a JSON number", "Write a finite number.")
    return _text(value) if isinstance(value, str) else value


def _key(key: Any) -> str:
    if isinstance(key, bool) or key is None:
        return json.dumps(key)
    if not isinstance(key, (int, float)):
        raise _Refused("expected a string or a number as key")
    return str(key)


def _text(text: str) -> str:
    """`text`, if it can be written in UTF-8."""
    if not text.isascii():
        text.encode()
    return text


def quoted(value: str) -> str:
    """`value` as a YAML string, whatever it holds."""
    return json.dumps(value)


def parse_untrusted(content: bytes, where: str) -> dict[str, Any]:
    """A mapping from someone else, in YAML or JSON: no tags, no duplicate keys, and only so big and so deep."""
    try:
        text = content.decode("utf-8-sig")
        found = _as_json(_from_json(text) if text.lstrip()[:1] == "{" else _from_yaml(text))
    except (YAMLError, RecursionError, ValueError, _Refused) as error:
        raise CodegenError(where, f"cannot be read as YAML: {error}", "Nothing was changed.") from None
    if not isinstance(found, dict):
        raise CodegenError(where, "does not hold a mapping", "Nothing was changed.")
    return found


class _Refused(Exception):
    """What YAML or JSON allows, and we do not."""


def _from_json(text: str) -> Any:
    """JSON is YAML, but for tabs and for letters in two halves; `{` may also begin YAML that is no JSON."""
    if (depth := _depth(text)) > _DEEPEST:
        raise _Refused(f"it is nested {depth} deep, more than {_DEEPEST}")
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError:
        return _from_yaml(text)


def _depth(text: str) -> int:
    """How deep brackets are nested outside of strings."""
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += (bracket in "[{") - (bracket in "]}")
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Refused(f"found duplicate key {next(key for key in keys if keys.count(key) > 1)!r}")
    return found


def _check_size(text: str) -> None:
    """Refuse what is nested too deep, or has too many parts once its aliases are written out."""
    open_: list[tuple[str | None, int, int]] = [(None, 0, 0)]
    """Of each collection that is not at its end: its anchor, its parts and its depth until now."""
    known: dict[str, tuple[int, int]] = {}
    for event in YAML(typ="safe", pure=True).parse(io.StringIO(text)):
        if getattr(event, "tag", None) is not None:
            raise _Refused(f"it has the tag {event.tag}")
        if isinstance(event, CollectionStartEvent):
            open_.append((event.anchor, 1, 1))
            if len(open_) > _DEEPEST + 1:
                raise _Refused(f"it is nested more than {_DEEPEST} deep")
            continue
        parts, deep = 1, 0
        if isinstance(event, AliasEvent):
            if event.anchor not in known:
                raise _Refused(f"the alias *{event.anchor} stands inside of what it stands for")
            parts, deep = known[event.anchor]
        elif isinstance(event, CollectionEndEvent):
            anchor, parts, deep = open_.pop()
            known |= {anchor: (parts, deep)} if anchor else {}
        elif isinstance(event, ScalarEvent):
            known |= {event.anchor: (1, 0)} if event.anchor else {}
        else:
            continue
        anchor, all_parts, deepest = open_.pop()
        open_.append((anchor, all_parts + parts, max(deepest, deep + 1)))
        if all_parts + parts > _MOST_PARTS:
            raise _Refused(f"it has more than {_MOST_PARTS} parts, with its aliases written out")
        if len(open_) + deep > _DEEPEST:
            raise _Refused(f"it is nested more than {_DEEPEST} deep")


def _from_yaml(text: str) -> Any:
    _check_size(text)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Plain
    return yaml.load(text)
