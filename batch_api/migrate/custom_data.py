"""Custom data: `u.…`, `date(u.…)`, `url(u.…)` and `ut.…` as attributes of a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from batch_api.engine import arguments
from batch_api.engine.errors import InvalidInput
from batch_api.migrate import values
from batch_api.migrate.leaving import Leavings, Left, below

_KEY: Final = re.compile(
    r"(?:u\.(?P<plain>.*)|date\(u\.(?P<date>.*)\)|url\(u\.(?P<url>.*)\)|ut\.(?P<tags>.*))", re.DOTALL
)


class _Kind(NamedTuple):
    """How the values under a kind of key are converted and named."""

    convert: Callable[[object], Any]
    attribute: str
    """The format of the name in a profile."""


_KINDS: Final = {  # fact sheet: MEP legacy, 5; links are known from audiences, and taken here by analogy
    "plain": _Kind(values.scalar, "{}"),
    "date": _Kind(values.date, "date({})"),
    "url": _Kind(values.url, "url({})"),
    "tags": _Kind(values.collection, "{}"),
}


class _Field(NamedTuple):
    """One of the `values`."""

    key: str
    name: str
    kind: str
    value: Any

    @property
    def path(self) -> str:
        return below("values", self.key)

    @property
    def attribute(self) -> str:
        return _KINDS[self.kind].attribute.format(self.name)

    def converted(self) -> _Field:
        return self if self.value is None else self._replace(value=_KINDS[self.kind].convert(self.value))


def attributes_of(body: Mapping[str, Any], left: Leavings) -> dict[str, Any]:
    """The attributes that a custom data body writes. Raises `InvalidInput` if it has no `values`."""
    for key in body:
        if key not in ("values", "overwrite"):
            left.add(below("", key), "not a known field of custom data")
    if body.get("overwrite") not in (None, False):
        left.add("overwrite", "a profile keeps what is not sent: set to null what should be deleted")
    if "values" not in body:
        raise InvalidInput("missing", path="custom_data.values")
    attributes: dict[str, Any] = {}
    for fields in _by_name(arguments.fields(body["values"], path="custom_data.values"), left):
        for field in _one_of_a_name(fields, left):
            attributes[field.attribute] = field.value
    return attributes


def _by_name(given: Mapping[Any, Any], left: Leavings) -> list[list[_Field]]:
    """The fields with a known key, grouped by name."""
    found: dict[str, list[_Field]] = {}
    for key, value in given.items():
        with left.at(below("values", key)):
            field = _read(key, value)
            found.setdefault(field.name, []).append(field)
    return list(found.values())


def _read(key: object, value: object) -> _Field:
    found = _KEY.fullmatch(key) if isinstance(key, str) else None
    if found is None or found.lastgroup is None:
        raise Left("expected a key of custom data: u.…, date(u.…), url(u.…) or ut.…")
    return _Field(found[0], values.name(found[found.lastgroup]), found.lastgroup, value)


def _one_of_a_name(fields: list[_Field], left: Leavings) -> list[_Field]:
    """What is carried over of the fields of one name: `u.x` and `ut.x` were two things, but are one in a profile."""
    attribute = _converted(_undoubted([field for field in fields if field.kind != "tags"], left), left)
    tags = _converted([field for field in fields if field.kind == "tags"], left)
    if not attribute or not tags or tags[0].value is None:
        return attribute or tags  # if there are both, a value or a deletion of the attribute replaces the tags, too
    if attribute[0].value is None and isinstance(tags[0].value, list):
        return tags  # the array replaces the attribute
    kept, other = (tags, attribute) if attribute[0].value is None else (attribute, tags)
    left.add(other[0].path, f"a profile has one attribute of this name, which {kept[0].key} takes: rename one first")
    return kept


def _undoubted(fields: list[_Field], left: Leavings) -> list[_Field]:
    """`u.x` and `date(u.x)` are one attribute: with two values for it in one body, it is not known which one wins."""
    if len(fields) < 2 or all(field.value is None for field in fields):
        return fields[:1]
    for field in fields:
        left.add(field.path, f"another key sets u.{field.name}, too, and it is not known which one wins: send one")
    return []


def _converted(fields: list[_Field], left: Leavings) -> list[_Field]:
    """Those whose value a profile can hold."""
    found: list[_Field] = []
    for field in fields:
        with left.at(field.path):
            found.append(field.converted())
    return found
