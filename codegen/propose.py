"""Lines of `names.yaml` and `operations.yaml` for what is new: proposals, for a person to correct and put in.

Nothing is taken from here by itself: a name becomes public, and a limit is kept, because a person wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codegen.diff.figures import unit_of
from codegen.document import Json
from codegen.generate import copies
from codegen.generate.normalise import Normalised
from codegen.generate.titles import free, pascal
from codegen.names import Names, split
from codegen.prose import figures, plain
from codegen.schema import Schema, target_of

_VERBS = {"delete": "delete", "get": "view", "patch": "update", "post": "create", "put": "replace"}
_BURST = re.compile(r"burst of (\d[\d ,]*)")


class Proposal:
    """What to write for the new operations of a document."""

    def __init__(self, normalised: Normalised, names: Names) -> None:
        self.document = normalised.document
        self.schemas: dict[str, Schema] = self.document["components"]["schemas"]
        self.new = normalised.new_schemas
        self.names = names
        self.operations = {
            f"{method.upper()} {path}": operation
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        }
        self.called: dict[str, str] = {}
        """The proposed name of each new operation, by method and path."""
        taken = {operation.name for operation in names.operations.values()}
        for key in sorted(normalised.new_operations.values()):
            self.called[key] = free(_function(key, self.operations[key]["tags"][0]), taken)
            taken.add(self.called[key])
        self.classes: dict[str, str] = {}
        """The proposed name of each new schema, by the one that was made up; an old one, if it is the same schema."""
        for name, place in self.new.items():
            self.classes[name] = self._known(name) or self._class(place, self.schemas[name])

    def names_lines(self) -> list[str]:
        """Lines for `names.yaml`; none if nothing is new."""
        operations = [
            f"  {key}: {{name: {name}, area: {self.operations[key]['tags'][0]}}}" for key, name in self.called.items()
        ]
        places: dict[str, list[str]] = {}
        for name, place in self.new.items():
            places.setdefault(self.classes[name], []).append(self._place(place))
        schemas = [
            f"  {name}: [{', '.join(map(_quoted, found))}]"
            + (" # add to its line" if name in self.names.schemas else "")
            for name, found in places.items()
        ]
        return [
            *(["operations:", *operations] if operations else []),
            *(["schemas:", *schemas] if schemas else []),
        ]

    def facts_lines(self) -> list[str]:
        """Lines for `operations.yaml`: what the document says of limits and caps; none if it says nothing."""
        found = [line for key in self.called for line in self._facts(key)]
        return ["operations:", *found] if found else []

    # Names

    def _known(self, name: str) -> str:
        """The name of ours for the same schema, empty if there is none."""
        form = self.schemas[name]
        if not form.get("properties") and not form.get("enum"):
            return ""
        same = (
            other for other in sorted(self.names.schemas) if other in self.schemas and not self._differ(form, other)
        )
        return next(same, "")

    def _differ(self, form: Schema, other: str) -> bool:
        return bool(copies.differences(form, self.schemas[other], self.schemas, self.new))

    def _class(self, place: str, schema: Schema) -> str:
        base, steps = split(place) or (place, ())
        if " " in base:
            key, _, part = base.rpartition(" ")
            called = self.called.get(key, self.operations[key]["operationId"] if key in self.operations else key)
            is_page = "has_more" in schema.get("properties", {})
            has_body = "requestBody" in self.operations.get(key, {})
            stem = f"{_singular(pascal(called))}Page" if is_page else pascal(called) + _suffix(part, has_body)
        else:
            stem = self.classes.get(base, base)
            if stem.endswith("Page") and len(steps) == 2 and steps[1] == "[]":
                steps, stem = (), stem.removesuffix("Page")  # one row of the page
        title = stem + "".join(_title(step, after) for step, after in zip(steps, (*steps[1:], ""), strict=False))
        taken = {*self.names.schemas, *self.classes.values()}
        return next(name for name in (title, *(f"{title}{n}" for n in range(2, 1000))) if name not in taken)

    def _place(self, place: str) -> str:
        """A place, from the proposed name on that it starts at."""
        base, _ = split(place) or (place, ())
        return re.sub(r" 2\d\d$", " 2XX", self.classes.get(base, base)) + place.removeprefix(base)

    # Facts

    def _facts(self, key: str) -> Iterator[str]:
        operation = self.operations[key]
        text = plain(operation.get("description"))
        path, most = self._items(operation)
        limits = [one for one in figures(text) if one.per]
        if not limits and path is None:
            return
        yield f"  {self.called[key]}:"
        if limits:
            yield "    limits:"
        for one in limits:
            unit = unit_of(one) if path is not None else "requests"
            per = f", per: {one.per}" if one.per != 1 else ""
            burst = f", burst: {re.sub(r'[^0-9]', '', found[1])}" if (found := _BURST.search(text)) else ""
            yield f"      - {{rate: {one.number:g}{per}, unit: {unit}{burst}}} # the document: {one}"
        if path is not None:
            yield f"    items: [{', '.join(path)}]"
            if most is not None:
                yield f"    max_items: {most} # the document: maxItems"
        if key.startswith("POST "):
            yield "    replay: false # true, if sending it twice does no harm: say why"

    def _items(self, operation: Json) -> tuple[list[str] | None, int | None]:
        """The keys that lead to the items of a body, and how many there may be: the one list in it that has a cap."""
        content = operation.get("requestBody", {}).get("content", {}).values()
        for schema in (self._resolved(media.get("schema", {})) for media in content):
            if schema.get("type") == "array":
                return [], schema.get("maxItems")
            lists = {key: self._resolved(child) for key, child in schema.get("properties", {}).items()}
            capped = [(key, child["maxItems"]) for key, child in lists.items() if child.get("maxItems")]
            if len(capped) == 1:
                return [capped[0][0]], capped[0][1]
        return None, None

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schemas[target_of(schema)]
        return schema


def _function(key: str, area: str) -> str:
    """`POST /profiles/delete` as `profile_delete`: the area in the singular, the other words, a verb where none is."""
    method, path = key.split(" ", 1)
    parts = [part for part in path.lower().split("/") if part]
    words = [re.sub(r"[^a-z0-9]+", "_", part).strip("_") for part in parts if not part.startswith("{")]
    rest = words[1:] if words[:1] == [area] else words
    verb = [_VERBS.get(method.lower(), method.lower())] if not rest or parts[-1].startswith("{") else []
    return "_".join([_singular(area), *rest, *verb]) if area != "others" else "_".join([*rest, *verb])


def _suffix(part: str, has_body: bool) -> str:
    if part == "body":
        return ""
    if part.startswith("?"):
        return pascal(part[1:])
    return ("Result" if has_body else "") if part.startswith("2") else f"Answer{pascal(part)}"


def _title(step: str, after: str) -> str:
    """A step in the words of a class name; what stands in a list is called by one of it."""
    if step.startswith("."):
        return pascal(_singular(step[1:]) if after == "[]" else step[1:])
    if step.startswith("<"):
        return pascal(step.strip("<>").rpartition("=")[2])
    return "" if step == "[]" else "Value"


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _quoted(place: str) -> str:
    return (
        f'"{place}"'
        if re.search(r"[\[\]{}<>,?*&]", place) and '"' not in place
        else f"'{place}'"
        if '"' in place
        else place
    )
