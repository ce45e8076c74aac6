"""Keys that an object of a request does not have: the API passes over a misspelt one without a word, so we do not.

A model may carry such keys, in its `additional_properties`: that is how to send a field newer than the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from batch_api._operation import Keys
from batch_api.engine.arguments import is_list, is_object
from batch_api.engine.errors import InvalidInput

_LONGEST: Final = 60
"""Characters of a key that an error shows: it may be anything."""


_ANY: Final = Keys(frozenset(), is_open=True)


class Known(NamedTuple):
    """The kinds of objects that may stand in one place, and the table in which they are."""

    table: Mapping[str, Keys]
    kinds: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """All keys of these kinds."""
        return frozenset().union(*(self.table[kind].names for kind in self.kinds))

    def check(self, value: object, path: str = "", *, index: int | None = None) -> None:
        """Raise `InvalidInput` for the first key that is not known, in `value` or in the objects inside it.

        What is no object, nor a list of them, is left to other checks.
        """
        if is_list(value):
            for number, element in enumerate(value):
                self.check(element, f"{path}[{number}]", index=index)
            return
        chosen = self._chosen(value) if is_object(value) else []
        if not chosen:
            return
        given, is_model = _fields(value)
        for key in () if is_model else given:
            if isinstance(key, str) and not any(key in keys.names for keys in chosen):
                raise InvalidInput(_reason(key, chosen, self.table), index=index, path=_below(path, key[:_LONGEST]))
        for key, kinds in {key: kinds for keys in chosen for key, kinds in keys.inside.items()}.items():
            if key in given:
                Known(self.table, kinds).check(given[key], _below(path, key), index=index)

    def _chosen(self, value: Any) -> list[Keys]:
        """The keys of the kinds that `value` can be; none if it may have any key."""
        found = [self.table.get(kind, _ANY) for kind in self.kinds]
        closed = [keys for keys in found if not keys.is_open]
        if len(closed) == len(found):
            return closed
        return [keys for keys in closed if keys.mark and _field(value, keys.mark[0]) == keys.mark[1]]


def _fields(value: Any) -> tuple[Mapping[Any, Any], bool]:
    """The fields of an object, and whether it is a model."""
    return (value, False) if isinstance(value, Mapping) else (value._json(), True)


def _field(value: Any, key: str) -> object:
    return _fields(value)[0].get(key)


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _reason(key: str, chosen: list[Keys], table: Mapping[str, Keys]) -> str:
    """What was probably meant by a key that is not known."""
    from difflib import get_close_matches

    names = sorted({name for keys in chosen for name in keys.names})
    close = get_close_matches(key.lower(), names, 1) or sorted(_deeper(key, chosen, table))
    if close:
        return f"unknown key: did you mean `{close[0]}`?"
    *others, last = (f"`{name}`" for name in names)
    return f"unknown key: expected {', '.join(others)} or {last}" if others else f"unknown key: expected {last}"


def _deeper(key: str, chosen: list[Keys], table: Mapping[str, Keys]) -> Iterator[str]:
    """Where the key would be right, one level down."""
    for keys in chosen:
        for name, kinds in keys.inside.items():
            if any(key in table[kind].names for kind in kinds if kind in table):
                yield f"{name}.{key}"
