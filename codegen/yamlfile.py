"""YAML as plain data: safe, YAML 1.2, dates left as text, duplicate keys refused."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from .errors import CodegenError

_DEEPEST = 100


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
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
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
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise CodegenError("YAML", f"{value} is no number of JSON", "Write another.")
    return value


def quoted(value: str) -> str:
    """`value` as a YAML string, whatever it holds."""
    return json.dumps(value)


def parse_untrusted(content: bytes, where: str) -> dict[str, Any]:
    """A mapping from someone else: no tags, no aliases, no duplicate keys, and only so deep."""
    try:
        text = content.decode("utf-8")
        depth = 0
        for event in YAML(typ="safe", pure=True).parse(io.StringIO(text)):
            if isinstance(event, AliasEvent):
                raise CodegenError(where, "has an alias, which may grow without end", "Nothing was changed.")
            if getattr(event, "tag", None) is not None:
                raise CodegenError(where, f"has the tag {event.tag}", "Nothing was changed.")
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth > _DEEPEST:
                raise CodegenError(where, f"is nested more than {_DEEPEST} deep", "Nothing was changed.")
        yaml = YAML(typ="safe", pure=True)
        yaml.Constructor = _Plain
        found = _as_json(yaml.load(text))
    except (YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CodegenError(where, f"cannot be read as YAML: {error}", "Nothing was changed.") from None
    if not isinstance(found, dict):
        raise CodegenError(where, "does not hold a mapping", "Nothing was changed.")
    return found
