"""What is certainly wrong with an argument, found before anything is sent. No error quotes a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batch_api._codec import UNSET
from batch_api.engine.check import NO_TEXT, is_text, plain
from batch_api.engine.errors import InvalidInput


def text(value: object, path: str) -> str:
    """A string that is not empty, and that can be sent."""
    if not isinstance(value, str):
        raise InvalidInput(f"a string is due, not {_kind(value)}", path=path)
    if not value:
        raise InvalidInput("empty", path=path)
    if not is_text(value):
        raise InvalidInput(NO_TEXT, path=path)
    return value


def is_object(value: object) -> bool:
    """Whether it is a mapping or a model."""
    return hasattr(type(value), "_json") or isinstance(value, Mapping)


def an_object(value: object, *, index: int | None = None, path: str = "") -> None:
    """A mapping or a model."""
    if not is_object(value):
        raise InvalidInput(f"an object is due, not {_kind(value)}", index=index, path=path)


def fields(value: object, *, index: int | None = None, path: str = "") -> dict[str, Any]:
    """The fields of a mapping or a model, under their names in the API."""
    an_object(value, index=index, path=path)
    found: dict[str, Any] = value if type(value) is dict else plain(value)
    return found


def field(holder: Any, name: str) -> Any:
    """A field of a mapping or a model; `None` where it is missing."""
    if not hasattr(type(holder), "_json"):
        return holder.get(name)
    value = getattr(holder, name, UNSET)
    if value is UNSET:  # a name that Python needs for itself ends in `_`
        value = getattr(holder, f"{name}_", UNSET)
    return None if value is UNSET else value


def items(value: object, path: str = "", *, one: str) -> list[Any]:
    """A list of items, copied. `one` is what the caller calls an item, in case it was handed in without its list."""
    if is_object(value) or isinstance(value, str):
        raise InvalidInput(f"a list is due: put the {one} into one, [{one}]", path=path)
    if not isinstance(value, Sequence) or isinstance(value, bytes | bytearray | memoryview):
        raise InvalidInput(f"a list is due, not {_kind(value)}", path=path)
    return list(value)


def choices(value: str | Sequence[str], path: str) -> list[str]:
    """One word or several, as a list."""
    words = [value] if isinstance(value, str) else items(value, path, one="word")
    if not words:
        raise InvalidInput("an empty list would match everything: leave it out", path=path)
    for word in words:
        text(word, path)
    return words


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
