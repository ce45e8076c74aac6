"""Arguments and settings, checked before anything is sent.

Each error says what was expected and what came: of a number that is chosen its value, of anything else its type alone,
since it may be a key or someone's data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from batch_api._codec import UNSET
from batch_api.engine.check import NO_TEXT, is_text, plain
from batch_api.engine.errors import ConfigurationError, InvalidInput

Refusal = type[InvalidInput] | type[ConfigurationError]
"""What is raised: `InvalidInput` about what is to be sent, `ConfigurationError` about how."""


def wrong(expected: str, value: object, path: str = "", *, index: int | None = None) -> InvalidInput:
    """The error about a value that is not what was expected. `path` is the argument's name, or where it is in one."""
    return InvalidInput(f"expected {expected}, got {_kind(value)}", index=index, path=path)


def _kind(value: object) -> str:
    if value is None:
        return "None"
    return "an empty one" if isinstance(value, str | list | tuple) and not value else type(value).__name__


# -- choices ------------------------------------------------------------------------------------------------------


def number(
    value: object, path: str, expected: str, fits: Callable[[float], bool], *, error: Refusal = InvalidInput
) -> float:
    """A number that fits, and no `bool`. Raises `error`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not fits(value):
        raise _refusal(expected, value, path, error)
    return float(value)


def seconds(value: object, path: str, *, error: Refusal = InvalidInput) -> float:
    """A number of seconds above 0, which may be infinite. Raises `error`."""
    return number(value, path, "a number of seconds above 0", lambda given: given > 0, error=error)


def whole(value: object, path: str, *, least: int = 1, most: int | None = None, error: Refusal = InvalidInput) -> int:
    """A whole number between two others, both included. Raises `error`."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most):
        return value
    span = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise _refusal(f"a whole number {span}", value, path, error)


def choice(value: object, path: str, *known: str, error: Refusal = InvalidInput) -> str:
    """One of a few words. Raises `error`."""
    if isinstance(value, str) and value in known:
        return value
    names = [f"'{name}'" for name in known]
    raise _refusal(f"{', '.join(names[:-1])} or {names[-1]}", value, path, error)


def _refusal(expected: str, value: object, path: str, error: Refusal) -> InvalidInput | ConfigurationError:
    is_number = type(value) is float or (type(value) is int and abs(value) < 10**15)
    reason = f"expected {expected}, got {value if is_number else _kind(value)}"
    return error(reason, path=path) if issubclass(error, InvalidInput) else error(f"{path}: {reason}.")


# -- text ---------------------------------------------------------------------------------------------------------


def text(value: object, path: str, *, index: int | None = None) -> str:
    """A string that is not empty, and that can be sent. Raises `InvalidInput`."""
    if not isinstance(value, str) or not value:
        raise wrong("a non-empty string", value, path, index=index)
    if not is_text(value):
        raise InvalidInput(NO_TEXT, index=index, path=path)
    return value


def words(value: object, path: str) -> list[str]:
    """One word or several, as a list. Raises `InvalidInput`."""
    given = [value] if isinstance(value, str) else items(value, path, one="word")
    if not given:
        raise InvalidInput(
            "expected at least one value, got an empty list: leave the argument out to match everything", path=path
        )
    for word in given:
        text(word, path)
    return given


# -- objects and lists --------------------------------------------------------------------------------------------


def is_object(value: object) -> bool:
    """Whether it is a mapping or a model."""
    return hasattr(type(value), "_json") or isinstance(value, Mapping)


def an_object(value: object, path: str = "", *, index: int | None = None) -> None:
    """A mapping or a model. Raises `InvalidInput`."""
    if not is_object(value):
        raise wrong("an object", value, path, index=index)


def fields(value: object, path: str = "", *, index: int | None = None) -> dict[str, Any]:
    """The fields of a mapping or a model, under their names in the API. Raises `InvalidInput`."""
    an_object(value, path, index=index)
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


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether it is a sequence, and no text or bytes."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)


def items(value: object, path: str = "", *, one: str) -> list[Any]:
    """A list of items, copied. `one` is what the caller calls an item, in case it was handed in without its list.

    Raises `InvalidInput`.
    """
    if is_object(value) or isinstance(value, str):
        raise InvalidInput(f"expected a list, got {_kind(value)}: put the {one} into one, [{one}]", path=path)
    if not is_list(value):
        raise wrong("a list", value, path)
    return list(value)
