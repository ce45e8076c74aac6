"""Documents that somebody spoiled: `python -m tests.codegen.fuzz [RUNS] [FIRST]`, or `make fuzz`.

Run number N spoils a copy of the document in ways that N alone decides, and takes it through pull and generate in a
scratch folder. It must end in success, with code that compiles and imports, or in a `CodegenError`; within 30 s and
2 GB; and a run that fails must leave the generated code, and a document that its lock names, as they were.
"""

from __future__ import annotations

import copy
import hashlib
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from codegen import document, yamlfile
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import HERE, Layout
from codegen.pull import pull
from tests.codegen.conftest import copy_of_inputs, put_ground
from tests.codegen.versions import FORMS

MOST_SECONDS = 30
MOST_MEMORY = 2 << 30
PAYLOADS = (
    '"""\nimport pwned\npwned.run()\n"""',
    "'''\nimport pwned\n'''",
    'x"); import pwned; ("',
    "{{ pwned }} {% raw %} {# pwned #}",
    "a\u2028import pwned\u2029b\x00c\x0cd\x85e",
    "\\",
    "class",
    "None",
    "__init__",
    "to_dict",
    "a" * 5000,
    "../../../pwned",
    "",
    " ",
    "é",
    "a.b[].c{}<d>",
)
ODD: tuple[Any, ...] = (None, True, False, 0, -1, 1e300, [], {}, "", [[]], [None], {"": None}, [{}], *PAYLOADS[:6])
ENUMERATIONS: tuple[Any, ...] = ([], [None], [1, "1"], ["a", "A"], [{}], [True, 1], [0.5], PAYLOADS)
CONSTANTS: tuple[Any, ...] = (None, {}, [], True, 0.5, *PAYLOADS)
KEYWORDS: tuple[Any, ...] = (
    *({"type": kind} for kind in ("object", "array", "string", "integer", "null", "nothing")),
    *({keyword: [{"type": "object"}, {"type": "string"}]} for keyword in ("allOf", "anyOf", "oneOf", "prefixItems")),
    *({keyword: {"type": "object"}} for keyword in ("items", "not", "if", "additionalProperties", "propertyNames")),
    *({"enum": values} for values in ENUMERATIONS),
    *({"const": value} for value in CONSTANTS),
    *({"default": value} for value in ODD),
    *({"pattern": text} for text in ("(a+)+$", "[", "")),
    {"required": ["a", "a"]},
    {"properties": {payload: {"type": "string", "description": payload} for payload in PAYLOADS}},
    {"patternProperties": {"(a+)+$": {}}},
    {"format": "date-time"},
    {"nullable": True},
    {"discriminator": {"propertyName": "x"}},
    {"$id": "http://127.0.0.1:1/x"},
    {"$ref": "http://127.0.0.1:1/x.yaml#/a"},
    {"$dynamicRef": "#x"},
    {"$defs": {"x": {}}},
)


# -- spoiling ----------------------------------------------------------------------------------------------------------


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document, as what holds it and the key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys: Any = holder if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                waiting.append(holder[key])
    return found


def schemas(value: Any) -> list[dict[str, Any]]:
    found = [holder[key] for holder, key in places(value)]
    return [one for one in found if isinstance(one, dict) and one.keys() & {"type", "$ref", "anyOf", "oneOf", "allOf"}]


def drop(spoiled: Any, random: Random) -> None:
    holder, key = random.choice(places(spoiled))
    del holder[key]


def replace(spoiled: Any, random: Random) -> None:
    holder, key = random.choice(places(spoiled))
    holder[key] = copy.deepcopy(random.choice(ODD))


def exchange(spoiled: Any, random: Random) -> None:
    found = places(spoiled)
    (one, first), (_, _) = random.choice(found), random.choice(found)
    other, second = random.choice(found)
    one[first] = copy.deepcopy(other[second])


def rename(spoiled: Any, random: Random) -> None:
    holder, key = random.choice([place for place in places(spoiled) if isinstance(place[0], dict)])
    holder[random.choice((*PAYLOADS, *(str(other) for _, other in places(spoiled)[:50])))] = holder.pop(key)


def say_more(spoiled: Any, random: Random) -> None:
    random.choice(schemas(spoiled)).update(copy.deepcopy(random.choice(KEYWORDS)))


def refer(spoiled: Any, random: Random) -> None:
    """A reference to anywhere, itself included."""
    names = list(spoiled.get("components", {}).get("schemas", {})) or ["x"]
    schema = random.choice(schemas(spoiled))
    if random.random() < 0.5:
        schema.clear()
    schema["$ref"] = random.choice(
        (f"#/components/schemas/{random.choice(names)}", "#/paths", "#", "#/components/schemas/gone", "#/info/title")
    )


def wrap(spoiled: Any, random: Random) -> None:
    schema = random.choice(schemas(spoiled))
    inner = dict(schema)
    schema.clear()
    schema.update(
        random.choice(
            (
                {"type": "array", "items": inner},
                {"anyOf": [inner, {"type": "null"}]},
                {"oneOf": [inner, copy.deepcopy(inner)]},
                {"allOf": [inner, {"type": "object", "properties": {"more": {"type": "string"}}}]},
                {"type": "object", "additionalProperties": inner},
            )
        )
    )


def grow(spoiled: Any, random: Random) -> None:
    schema = random.choice(schemas(spoiled))
    forms = {f"{name}_{number}": form for number in range(random.choice((1, 20))) for name, form in FORMS.items()}
    forms.pop("tree", None)
    schema.setdefault("properties", {}).update(
        {name: copy.deepcopy(form) for name, form in forms.items() if not name.startswith("tree")}
    )


def deepen(spoiled: Any, random: Random) -> None:
    schema = random.choice(schemas(spoiled))
    for _ in range(random.choice((10, 40, 200))):
        inner = dict(schema)
        schema.clear()
        schema.update({"type": "object", "properties": {"deeper": inner}})


def add_operation(spoiled: Any, random: Random) -> None:
    schema = copy.deepcopy(random.choice(schemas(spoiled)))
    answer = {"description": random.choice(PAYLOADS), "content": {random.choice(MEDIA): {"schema": schema}}}
    parameter: dict[str, Any] = {
        "name": random.choice(PAYLOADS),
        "in": random.choice(("query", "header", "path", "cookie")),
        "schema": {},
    }
    operation = {
        "responses": {random.choice(("200", "4XX", "default", "299", "302")): answer},
        "parameters": [parameter],
    }
    path = "/" + random.choice((*PAYLOADS, "new/{name}", "new/{a}/{a}", "segments/list/"))
    spoiled.setdefault("paths", {})[path] = {random.choice(("get", "post", "trace")): operation}


MEDIA = ("application/json", "text/plain", "application/xml", "*/*", "multipart/form-data", "")
SPOILERS: tuple[Callable[[Any, Random], None], ...] = (
    *(drop, replace, exchange, rename),
    *(say_more, say_more, refer, wrap, grow, deepen, add_operation),
)


def spoil_bytes(content: bytes, random: Random) -> bytes:
    """Damage below the level of YAML."""
    at = random.randrange(len(content))
    lines = content.splitlines(keepends=True)
    number = random.randrange(len(lines))
    return random.choice(
        (
            lambda: content[:at],
            lambda: content[:at] + bytes([random.randrange(256)]) + content[at + 1 :],
            lambda: b"".join([*lines[:number], lines[number], *lines[number:]]),
            lambda: b"".join([*lines[:number], *lines[number + 1 :]]),
            lambda: (
                content[:at]
                + random.choice((b"&a ", b"*a ", b"!!python/name:os.system ", b"<<: ", b"\t"))
                + content[at:]
            ),
            lambda: content + content,
            lambda: b"",
        )
    )()


def spoiled(number: int, content: bytes) -> bytes:
    """The document of run `number`."""
    random = Random(number)
    if random.random() < 0.2:
        return spoil_bytes(content, random)
    table = copy.deepcopy(_table(content))
    for _ in range(random.choice((1, 1, 2, 4))):
        try:
            random.choice(SPOILERS)(table, random)
        except (AttributeError, TypeError, IndexError, KeyError):
            break  # so spoiled that nothing more can be done to it
    return json.dumps(table).encode()


_tables: dict[bytes, Any] = {}


def _table(content: bytes) -> Any:
    if content not in _tables:
        _tables[content] = yamlfile.parse_untrusted(content, "the document")
    return _tables[content]


# -- running -----------------------------------------------------------------------------------------------------------


class Result(NamedTuple):
    number: int
    kind: str
    """`code`, `refused by pull`, `refused by generate`, or `BROKEN`."""
    what: str
    seconds: float


def scratch(root: Path) -> None:
    """A folder that a run may spoil: the inputs, and a package for the code."""
    copy_of_inputs(root)
    put_ground(root)


def run(number: int, root: Path) -> Result:
    """Run `number` in the folder `root`, which holds a repository's inputs."""
    layout, started = Layout(root), time.monotonic()
    before = digest(root)
    try:
        with limited_time():
            kind, what = _through(number, layout, before)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        kind, what = "BROKEN", "".join(traceback.format_exception(error))[-3000:]
    return Result(number, kind, what, time.monotonic() - started)


def _through(number: int, layout: Layout, before: dict[str, str]) -> tuple[str, str]:
    source = layout.root / "spoiled.yaml"
    source.write_bytes(spoiled(number, HERE.document.read_bytes()))
    try:
        pull.pull(layout, source.as_uri())
    except CodegenError as error:
        return _unchanged(layout, before, "refused by pull", str(error))
    kept = digest(layout.root)
    try:
        pipeline.generate(layout)
    except CodegenError as error:
        return _unchanged(layout, kept, "refused by generate", str(error))
    problem = imported(layout.root)
    return ("BROKEN", problem) if problem else ("code", "")


def _unchanged(layout: Layout, before: dict[str, str], kind: str, what: str) -> tuple[str, str]:
    document.check_lock(layout.document, layout.lock)
    after = digest(layout.root)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return ("BROKEN", f"a run that failed has changed {changed[:5]}") if changed else (kind, what)


def digest(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    kept = (path for path in files if path.name != "spoiled.yaml")
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


IMPORT = """
import importlib, pkgutil, sys
sys.modules["pwned"] = None
import batch_api._generated
for module in pkgutil.walk_packages(batch_api._generated.__path__, "batch_api._generated."):
    importlib.import_module(module.name)
models = importlib.import_module("batch_api.models")
for name in models.__all__:
    getattr(models, name)
"""


def imported(root: Path) -> str:
    """What goes wrong when all of the generated code is imported; empty if nothing does."""
    command = [sys.executable, "-B", "-W", "error", "-c", IMPORT]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.stderr


@contextmanager
def limited_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"more than {MOST_SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


_root: Path | None = None


def _start(folder: str) -> None:
    global _root
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    _root = Path(folder) / str(os.getpid())
    scratch(_root)


def _run(number: int) -> Result:
    assert _root is not None
    return run(number, _root)


def main(runs: int = 500, first: int = 1) -> int:
    started, kinds, longest = time.monotonic(), Counter[str](), 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.Pool(os.cpu_count(), _start, (folder,), maxtasksperchild=50) as pool,
    ):
        for done, result in enumerate(pool.imap_unordered(_run, range(first, first + runs)), 1):
            kinds[result.kind] += 1
            longest = max(longest, result.seconds)
            if result.kind == "BROKEN":
                print(f"run {result.number} is BROKEN:\n{result.what}", flush=True)
            if done % 50 == 0 or done == runs:
                seconds = time.monotonic() - started
                print(f"{done} of {runs} runs, {seconds:.0f} s, {dict(sorted(kinds.items()))}", flush=True)
    print(f"longest {longest:.1f} s; {kinds['BROKEN']} of {runs} broken")
    return 1 if kinds["BROKEN"] else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:3])))
