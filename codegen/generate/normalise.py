"""The vendor's document in our terms: each operation and schema under the name that its *place* has in names.yaml.

Afterwards nothing depends on the vendor's operationIds and component names, on what is written in place and what is
referred to, or on the order of keys. Every object, enumeration and union of objects is a component under our name.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from codegen import moves
from codegen.document import METHODS, Json
from codegen.errors import CodegenError
from codegen.generate import copies
from codegen.generate.copies import Copy, Difference
from codegen.generate.references import References
from codegen.generate.simplest import NULL, as_text, merge_object, overlap
from codegen.generate.titles import free, pascal, short, token
from codegen.names import Line, Names, OperationName
from codegen.schema import UNIONS, Schema, Step, const_of, is_object, rebuild

_CARRIED = {"openapi", "info", "servers", "paths", "components", "tags", "security", "jsonSchemaDialect"}
_OPERATION = {"operationId", "tags", "summary", "description", "parameters", "requestBody", "responses", "deprecated"}
_OPERATION |= {"security", "servers"}
_SOURCE = "the document"
_PREFIX = "#/components/schemas/"
_TAKEN = (
    "Any",
    "Answer",
    "Encoded",
    "Factory",
    "Literal",
    "Mapping",
    "Self",
    "Sender",
    "Sequence",
    "TypeAlias",
    "Unset",
)
"""What the templates import: no class may hide it."""


class Place(NamedTuple):
    """Where the walk is: `POST /profiles/update body` or `EditProfile`, and the steps down from it."""

    base: str
    steps: tuple[str, ...] = ()
    title: str = ""
    """What a schema here is called as long as names.yaml has no line for it."""

    def down(self, step: str, title: str) -> Place:
        return Place(self.base, (*self.steps, step), self.title + title)

    def __str__(self) -> str:
        return self.base + "".join(self.steps)


class Normalised(NamedTuple):
    """The document, what could not be carried over, and the names that we had to make up."""

    document: Json
    dropped: list[tuple[str, str]]
    """Pairs of a kind of finding and its place, for the audit."""
    derived: list[str]
    """One line for each operation or schema that has no line in names.yaml."""
    new_operations: dict[str, str]
    """The operations that have no line in names.yaml, by the names they got."""
    new_schemas: dict[str, str]
    """The places of the schemas that have none, by the names they got."""
    problems: list[CodegenError]
    """The lines of names.yaml that met nothing, and those whose places are not the same. Nothing is built then."""


def normalise(document: Json, names: Names, before: Json | None = None) -> Normalised:
    """The document under our names, and what of names.yaml does not fit it.

    `before` is what the last run made of its document: what has moved since is found again by it.
    """
    return _Normaliser(document, names, before or {}).run()


class _Normaliser:
    def __init__(self, document: Json, names: Names, before: Json) -> None:
        self.document = document
        self.names = names
        self.before = before
        self.references = References(document, _SOURCE)
        self.follow = self.references.follow
        self.components: dict[str, Schema] = {}
        self.waiting: deque[tuple[str, Schema, Place, Json]] = deque()
        """Components that have a name already, and whose inside is still to be done."""
        self.copies: dict[str, list[Copy]] = {}
        """What stands at the places of each name."""
        self.seen: set[tuple[str, int]] = set()
        self.made_up: dict[int, str] = {}
        """The names of schemas without a line, by their `id`: what is referred to twice is one component."""
        self.hoisted: dict[int, bool] = {}
        self.flattened: dict[int, tuple[Schema, Schema]] = {}
        """What `allOf`s came down to, by the `id` of the schema, which is kept so that its id stays its own."""
        self.taken = {name.lower() for name in (*names.schemas, *_TAKEN)}
        """The names that are no longer free, without their case: modules differ by more than case."""
        self.referring: list[tuple[Json, str, int]] = []
        """References to components, with the names and the `id`s of what they stand for."""
        self.without_body: set[str] = set()
        """The answers that have none."""
        self.dropped: list[tuple[str, str]] = []
        self.new_operations: dict[str, str] = {}
        """The operations without a line, by the names they got."""
        self.new_areas: dict[str, str] = {}
        self.new_schemas: dict[str, str] = {}
        """The places of the schemas without a line, by the names they got."""

    def run(self) -> Normalised:
        result = {key: value for key, value in self.document.items() if key in _CARRIED}
        self.drop("$", self.document.keys() - _CARRIED)
        result["paths"] = {path: self.path(path, item) for path, item in sorted(self.document["paths"].items())}
        self.define_waiting()
        problems = [*self.unused(), *self.settle_copies()]
        self.forget_copies(result["paths"])
        self.trim_descriptions()
        result["components"] = {"schemas": self.components}
        schemes = self.document.get("components", {}).get("securitySchemes")
        if schemes:
            result["components"]["securitySchemes"] = schemes
        return Normalised(
            in_order(result), sorted(set(self.dropped)), self.derived(), self.new_operations, self.new_schemas, problems
        )

    def drop(self, where: str, keys: Iterable[str]) -> None:
        self.dropped += [(key if not key.startswith("x-") else "extension", where) for key in keys]

    # Operations

    def path(self, path: str, item: Json) -> Json:
        item, _ = self.follow(item)
        self.drop(path, item.keys() - {*METHODS, "parameters", "summary", "description"})
        methods = [method for method in METHODS if method in item]
        return {
            method: self.operation(method, path, item[method], item.get("parameters", []), len(methods) > 1)
            for method in methods
        }

    def operation(self, method: str, path: str, operation: Json, shared: list[Json], several: bool) -> Json:
        key = f"{method.upper()} {path}"
        name = self.names.operations.get(key) or self.derive_operation(method, path, several)
        self.names.use(key)
        self.drop(key, operation.keys() - _OPERATION)
        result = {k: v for k, v in operation.items() if k in _OPERATION and k != "parameters"}
        result |= {"operationId": name.name, "tags": [name.area]}
        title = pascal(name.name)
        parameters = self.parameters(key, title, operation.get("parameters", []), shared)
        result |= {"parameters": parameters} if parameters else {}
        if "requestBody" in operation:
            body, _ = self.follow(operation["requestBody"])
            result["requestBody"] = self.content(Place(f"{key} body", (), f"{title}Body"), body)
        result["responses"] = {
            status: self.response(f"{key} {status}", title, status, response)
            for status, response in sorted(operation.get("responses", {}).items())
        }
        return result

    def derive_operation(self, method: str, path: str, several: bool) -> OperationName:
        words = re.findall(r"[a-z0-9]+", path.lower())
        name = "_".join([method, *words] if several or len(words) < 2 or not words[0].isalpha() else words)
        area = words[0] if words and words[0] in self.names.areas else "others"
        taken = {operation.name for operation in self.names.operations.values()} | self.new_operations.keys()
        name = free(name if name not in taken else f"{method}_{name}", taken)
        self.new_operations[name] = f"{method.upper()} {path}"
        self.new_areas[name] = area
        return OperationName(name, area, 0)

    def parameters(self, key: str, title: str, own: list[Json], shared: list[Json]) -> list[Json]:
        found: dict[tuple[str, str], Json] = {}
        for reference in [*shared, *own]:
            parameter, _ = self.follow(reference)
            found[parameter["in"], parameter["name"]] = parameter
        return [self.parameter(key, title, parameter) for _, parameter in sorted(found.items())]

    def parameter(self, key: str, title: str, parameter: Json) -> Json:
        place = Place(f"{key} ?{parameter['name']}", (), title + pascal(parameter["name"]))
        result = self.with_examples(parameter)
        if "schema" in parameter:
            result["schema"] = self.schema(parameter["schema"], self.names.at(place.base), place)
        return result

    def response(self, base: str, title: str, status: str, reference: Json) -> Json:
        response, _ = self.follow(reference)
        self.drop(base, response.keys() & {"links"})
        key = base.rpartition(" ")[0]
        self.without_body |= set() if response.get("content") else {base, f"{key} {_like(status)}"}
        result = self.content(Place(base, (), f"{title}Answer{status.capitalize()}"), response)
        result.pop("links", None)
        if "headers" in response:
            result["headers"] = {
                name: self.parameter(base, f"{title}Header", {**self.follow(header)[0], "name": name})
                for name, header in sorted(response["headers"].items())
            }
            for header in result["headers"].values():
                del header["name"]
        return result

    def content(self, place: Place, holder: Json) -> Json:
        """A request body or a response, with the schemas of its media types."""
        result = dict(holder)
        if "content" in holder:
            content = {_media_type(media): entry for media, entry in sorted(holder["content"].items(), reverse=True)}
            if "application/json" in content and len(content) > 1:
                self.drop(str(place), ["other media types"])
                content = {"application/json": content["application/json"]}
            result["content"] = {media: self.media(place, media, entry) for media, entry in sorted(content.items())}
        return result

    def media(self, place: Place, media: str, entry: Json) -> Json:
        result = self.with_examples(entry)
        if "schema" in entry:
            lines = self.lines_of_body(place.base) if "json" in media else []
            result["schema"] = self.schema(entry["schema"], lines, place)
        return result

    def lines_of_body(self, base: str) -> list[Line]:
        """The lines for this very body, or else for every status like it, or else for every such answer."""
        key, status = base.rsplit(" ", 1)
        bases = (base, f"{key} {_like(status)}", f"* {status}", f"* {_like(status)}")
        return next(filter(None, map(self.names.at, bases)), [])

    def with_examples(self, holder: Json) -> Json:
        examples = holder.get("examples")
        if not isinstance(examples, dict):
            return dict(holder)
        return {**holder, "examples": {key: self.follow(example)[0] for key, example in sorted(examples.items())}}

    # Schemas

    def schema(self, schema: Schema, lines: Sequence[Line], place: Place, *, hoist: bool = True) -> Any:
        """What stands at `place` afterwards: a reference to a component of ours, or the schema in place."""
        target, remarks = self.follow(schema)
        other, notes = self.references.beside_null(target)
        if other is not None:
            # That null is accepted too makes no difference to where a schema is.
            inner = self.schema(other, [self.beside_null(line, other) for line in lines], place, hoist=hoist)
            return {**notes, **remarks, "anyOf": [inner, dict(NULL)]}
        name = self.chosen(lines, place)
        if name is None and not (hoist and self.is_hoisted(target)):
            return {**self.inside(target, [line for line in lines if line.steps], place), **remarks}
        if name is None:
            name = self.derive(target, place, remarks)
        else:
            self.define(name, target, place, remarks)
        reference = {"$ref": _PREFIX + name}
        description = remarks.get("description", target.get("description"))
        if description is not None:
            reference["description"] = description
        self.referring.append((reference, name, id(target)))
        return reference

    def beside_null(self, line: Line, branch: Schema) -> Line:
        """`line` without a selector of the branch beside null."""
        selects = line.steps and line.steps[0].startswith("<") and self.fits(branch, line.steps[0][1:-1], -1)
        return line._replace(steps=line.steps[1:]) if selects else line

    def chosen(self, lines: Sequence[Line], place: Place) -> str | None:
        """The name that names.yaml gives to this place."""
        here = [line for line in lines if not line.steps]
        for line in here:
            self.names.use(line.location)
        if len({line.name for line in here}) > 1:
            first, second = here[:2]
            raise CodegenError(
                self.names.where(second.number),
                f"{second.name} and {first.name} (line {first.number}) are the same place: {place}",
                "Keep one of the two lines.",
            )
        return here[0].name if here else None

    def is_hoisted(self, schema: Schema) -> bool:
        """Objects, enumerations and unions of objects have a name of their own: the generator needs one."""
        if id(schema) not in self.hoisted:
            self.hoisted[id(schema)] = self._is_hoisted(schema)
        return self.hoisted[id(schema)]

    def _is_hoisted(self, schema: Schema) -> bool:
        if is_object(schema) or ("enum" in schema and const_of(schema) is None):
            return True
        if any(self.is_hoisted(self.follow(part)[0]) for part in schema.get("allOf", [])):
            return True
        branches = [self.follow(branch)[0] for key in UNIONS for branch in schema.get(key, [])]
        return sum(is_object(branch) or "allOf" in branch for branch in branches) > 1

    def derive(self, target: Schema, place: Place, remarks: Json) -> str:
        """Define `target` under a name made from its place."""
        if id(target) in self.made_up:
            return self.made_up[id(target)]
        name = self.free(place.title)
        self.new_schemas[name] = str(place)
        self.made_up[id(target)] = name
        self.define(name, target, place, remarks)
        return name

    def free(self, title: str) -> str:
        """`title`, or the first of `title2`, `title3`… that neither another class has nor its module."""
        number, found = 2, (title := short(title))
        while found.lower() in self.taken:
            number, found = number + 1, f"{title}{number}"
        self.taken.add(found.lower())
        return found

    def define(self, name: str, target: Schema, place: Place, remarks: Json) -> None:
        """Make `target` the component `name`, or a copy to be compared with it; later, so that nothing nests."""
        if (name, id(target)) not in self.seen:
            self.seen.add((name, id(target)))
            self.waiting.append((name, target, place, remarks))

    def define_waiting(self) -> None:
        while self.waiting:
            name, target, place, remarks = self.waiting.popleft()
            form = {**self.inside(target, self.names.at(name), Place(name, (), name)), **remarks}
            self.components.setdefault(name, form)
            self.copies.setdefault(name, []).append(Copy(id(target), str(place), place.title, form))

    def inside(self, schema: Schema, lines: Sequence[Line], place: Place) -> Schema:
        """`schema` with everything inside it normalised."""
        schema = self.flat(schema, lines, place)
        picked = {
            keyword: self.pick(schema[keyword], lines, place) for keyword in (*UNIONS, "allOf") if keyword in schema
        }

        def change(step: Step, child: Schema) -> Any:
            keyword, key = step
            word, title = token(step)
            if keyword not in picked:
                below = [line._replace(steps=line.steps[1:]) for line in lines if line.steps[:1] == (word,)]
                return self.schema(child, below, place.down(word, title))
            chosen = [line._replace(steps=line.steps[1:]) for line, index in picked[keyword] if index == key]
            if keyword == "allOf":
                # A part is read through, as if its properties stood in the whole. Only a line gives it a name.
                through = [line for line in lines if not line.steps[0].startswith("<")]
                return self.schema(child, [*chosen, *([] if chosen else through)], place, hoist=False)
            return self.schema(child, chosen, place.down(word, self.branch_title(child, title)))

        result = rebuild(schema, change)
        if "required" in result:
            result["required"] = sorted(set(result["required"]))
        return self.unions_in_order(result, place)

    def flat(self, schema: Schema, lines: Sequence[Line], place: Place) -> Schema:
        """`schema` with those parts of its `allOf` put into itself that are but objects, and have no line."""
        if "allOf" not in schema:
            return schema
        selecting = any(line.steps and line.steps[0].startswith("<") for line in lines)
        if not selecting and id(schema) in self.flattened:
            return self.flattened[id(schema)][1]
        flat = self.flattened_here(schema, lines, place)
        if not selecting:
            self.flattened[id(schema)] = (schema, flat)
        return flat

    def flattened_here(self, schema: Schema, lines: Sequence[Line], place: Place) -> Schema:
        named = {index for _, index in self.pick(schema["allOf"], lines, place)}
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        kept = []
        for index, part in enumerate(schema["allOf"]):
            target, _ = self.follow(part)
            target = target if index in named else self.flat(target, lines, place)
            if index in named or not merge_object(whole, target, self.references.narrower):
                kept.append(part)
        if not kept:
            return whole
        # The generator does not see properties that stand beside an `allOf`.
        own = {key: whole.pop(key) for key in ("type", "properties", "required") if key in whole}
        return {**whole, "allOf": [*kept, *([own] if "properties" in own or "required" in own else [])]}

    def unions_in_order(self, schema: Schema, place: Place) -> Schema:
        """Branches in an order that is not the document's. Plain values that overlap cannot be meant to exclude."""
        for keyword in UNIONS:
            if keyword in schema:
                schema[keyword] = sorted(schema[keyword], key=as_text)
        if "anyOf" not in schema and overlap(schema.get("oneOf", [])):
            self.dropped.append(("overlapping oneOf", str(place)))
            schema["anyOf"] = schema.pop("oneOf")
        return schema

    def pick(self, branches: list[Schema], lines: Sequence[Line], place: Place) -> list[tuple[Line, int]]:
        """Which branch each line means that goes on with a selector."""
        picked = []
        for line in lines:
            if not line.steps or not line.steps[0].startswith("<"):
                continue
            selector = line.steps[0][1:-1]
            fitting = [index for index, branch in enumerate(branches) if self.fits(branch, selector, index)]
            if len(fitting) > 1:
                raise CodegenError(
                    self.names.where(line.number),
                    f"{line.location}: <{selector}> matches {len(fitting)} branches of {place}",
                    "Choose a selector that matches only one of them.",
                )
            picked += [(line, index) for index in fitting]
        return picked

    def fits(self, branch: Schema, selector: str, index: int) -> bool:
        if selector.isdigit():
            return int(selector) == index
        schema, _ = self.follow(branch)
        if selector.startswith(":"):
            return bool(selector[1:] == self.references.kind(schema))
        path, equals, value = selector.partition("=")
        for key in path.split("."):
            child = self.references.properties(schema).get(key)
            if not isinstance(child, dict):
                return False
            schema, _ = self.follow(child)
        const = const_of(schema)
        return not equals or ("" if const is None else str(const)) == value

    def branch_title(self, branch: Schema, otherwise: str) -> str:
        """A word for a branch: the one value of a property of it, or its place."""
        schema, _ = self.follow(branch)
        for _, child in sorted(self.references.properties(schema).items()):
            value = const_of(self.follow(child)[0]) if isinstance(child, dict) else None
            if isinstance(value, str) and pascal(value):
                return pascal(value)
        return otherwise

    # At the end

    def derived(self) -> list[str]:
        lacks = f"no line in {self.names.path}, named"
        found = [f"{key}: {lacks} {name} in area {self.new_areas[name]}" for name, key in self.new_operations.items()]
        return sorted([*found, *(f"{place}: {lacks} {name}" for name, place in self.new_schemas.items())])

    def unused(self) -> Iterator[CodegenError]:
        """The lines that met nothing, and where that may have gone."""
        lost = sorted(self.names.unused())
        before = self.before.get("components", {}).get("schemas", {})
        operations = self.new_operations.values()
        told = moves.explain(lost, self.names.lines, before, self.components, self.new_schemas, operations)
        for number, place, remark in told:
            bodiless = "This response no longer has a body: remove the line." if place in self.without_body else ""
            remedy = remark or bodiless or "Correct the location, or remove the line."
            yield CodegenError(self.names.where(number), f"{place} is not in the document", remedy)

    def settle_copies(self) -> Iterator[CodegenError]:
        """What stands at several places of a name is the same, or merged if that was asked for, or else a problem."""
        idle = set(self.names.merged)
        for name, found in self.copies.items():
            main, *others = self.as_it_was_first(name, found)
            self.components[name] = main.form
            told = [(copy, self.differences(main.form, copy.form)) for copy in others]
            differing = [(copy, differ) for copy, differ in told if differ]
            if differing and name in self.names.merged:
                idle.discard(name)
                if (whole := copies.merged(found)) is not None:
                    self.components[name] = whole
                    continue
            for copy, differ in differing:
                yield self.clash(name, main, copy, differ)
                self.part(name, copy)
        for name in sorted(idle):
            where = f"{self.names.path}: merged.{name}"
            yield CodegenError(where, "all its places are the same", "Remove the line.")

    def as_it_was_first(self, name: str, found: list[Copy]) -> list[Copy]:
        """The place that changed least keeps the name."""
        before = self.before.get("components", {}).get("schemas", {})
        if len(found) == 1 or name not in before:
            return found
        return sorted(found, key=lambda copy: len(self.differences(before[name], copy.form)))

    def differences(self, one: Schema, other: Schema) -> list[Difference]:
        return copies.differences(one, other, self.components, self.new_schemas)

    def clash(self, name: str, one: Copy, other: Copy, differ: list[Difference]) -> CodegenError:
        numbers = sorted({line.number for line in self.names.lines_named(name)})
        told = "".join(f"\n    {each.told(one.place, other.place)}" for each in differ)
        return CodegenError(
            ", ".join(f"{self.names.path.name if n else self.names.path}:{number}" for n, number in enumerate(numbers)),
            f"{name} stands for two different schemas:{told}",
            f"To keep one type that has what either has, say why: `merged: {{{name}: the reason}}`.\n"
            f"  Or give a place a name of its own: `{other.title}: ['{other.place}']`. That changes a public type:\n"
            f"  what is typed {name} there becomes another class, which belongs under Changed in CHANGELOG.md.",
        )

    def part(self, name: str, copy: Copy) -> None:
        """Make a copy that differs a component of its own, so that a report tells what differs where it does."""
        own = self.free(copy.title)
        self.components[own] = copy.form
        for reference, of, target in self.referring:
            if (of, target) == (name, copy.target):
                reference["$ref"] = _PREFIX + own

    def forget_copies(self, paths: Json) -> None:
        """What only a copy of a component refers to is none."""
        for name in self.new_schemas.keys() - copies.reached(paths, self.components):
            del self.components[name], self.new_schemas[name]

    def trim_descriptions(self) -> None:
        """A reference repeats no description that the component has itself."""
        for reference, name, _ in self.referring:
            if reference.get("description") == self.components.get(name, {}).get("description"):
                reference.pop("description", None)


def _like(status: str) -> str:
    """A status as one of its kind: `2XX`."""
    return f"{status[0]}XX" if status[:1].isdigit() else status


def _media_type(text: str) -> str:
    """A media type without its parameters; whatever is JSON is JSON."""
    media = text.split(";")[0].strip().lower()
    return "application/json" if media in ("*/*", "text/json") or media.endswith("+json") else media


def in_order(value: Any) -> Any:
    """`value` with the keys of every mapping sorted."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [in_order(item) for item in value]
    return value
