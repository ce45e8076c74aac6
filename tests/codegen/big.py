"""Documents that are big, deep or circular: `python -m tests.codegen.big [SCHEMAS]` tells what each costs.

Each goes through pull and generate in a process of its own, and ends in code or in a `CodegenError`.
"""

from __future__ import annotations

import copy
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codegen import yamlfile
from codegen.errors import CodegenError
from codegen.generate import pipeline
from codegen.layout import HERE, Layout
from codegen.pull import pull
from tests.codegen import fuzz

Json = dict[str, Any]
MOST_SECONDS = 300


def _named(document: Json, *schemas: Json) -> Json:
    """`document` with these components, `C0` and on, of which a segment has the first."""
    components = document["components"]["schemas"]
    components |= {f"C{number}": schema for number, schema in enumerate(schemas)}
    components["oneSegment"]["properties"]["first"] = _ref(0)
    return document


def _ref(number: int) -> Json:
    return {"$ref": f"#/components/schemas/C{number}"}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def unused(document: Json, size: int) -> Json:
    """As many schemas that nothing refers to."""
    return _named(document, *(_object(a={"type": "string"}) for _ in range(size)))


def flat(document: Json, size: int) -> Json:
    """One schema that refers to all the others."""
    parts = {f"p{number}": _ref(number) for number in range(1, size)}
    return _named(document, _object(**parts), *(_object(a={"type": "string"}) for _ in range(1, size)))


def chain(document: Json, size: int) -> Json:
    """Each refers to the next, and the last to the first."""
    return _named(document, *(_object(a=_ref((number + 1) % size)) for number in range(size)))


def diamonds(document: Json, size: int) -> Json:
    """Each refers to the next twice: from first to last there are 2 to the power of `size` ways."""
    return _named(document, *(_object(a=_ref(n + 1), b=_ref(n + 1)) for n in range(size - 1)), _object())


def inherited(document: Json, size: int) -> Json:
    """Each is all of the next, twice, and a property more."""
    own = ({"allOf": [_ref(n + 1), _object(**{f"p{n}": {"type": "string"}}), _ref(n + 1)]} for n in range(size - 1))
    return _named(document, *own, _object(z={"type": "string"}))


def unions(document: Json, size: int) -> Json:
    """Each is the next twice, or text."""
    return _named(document, *({"anyOf": [_ref(n + 1), _ref(n + 1), {"type": "string"}]} for n in range(size - 1)), {})


def ring(document: Json, size: int) -> Json:
    """References that lead to each other and to nothing else."""
    return _named(document, *(_ref((number + 1) % size) for number in range(size)))


def deep(document: Json, size: int) -> Json:
    """Objects in objects, written in place: as many as `json` can write."""
    schema: Json = {"type": "string"}
    for _ in range(min(size, 300)):
        schema = _object(a=schema)
    return _named(document, schema)


def wide(document: Json, size: int) -> Json:
    """One object with very many properties, and an enumeration of as many values."""
    names = {f"p{number}": {"type": "string"} for number in range(size)}
    values = {"type": "string", "enum": [f"v{number}" for number in range(size)]}
    return _named(document, _object(**names, values=values))


DOCUMENTS: tuple[Callable[[Json, int], Json], ...] = (
    *(unused, flat, chain, diamonds, inherited, unions, ring, deep, wide),
)


def outcome(make: Callable[[Json, int], Json], size: int, root: Path) -> str:
    """What becomes of a document, in the scratch folder `root`."""
    document = make(copy.deepcopy(yamlfile.load_table(HERE.document)), size)
    (root / "big.json").write_text(json.dumps(document))
    layout = Layout(root)
    try:
        pull.pull(layout, (root / "big.json").as_uri())
        pipeline.generate(layout)
    except CodegenError as error:
        return f"refused: {' '.join(str(error).split())[:120]}"
    return "code"


def main(size: int) -> int:
    failed = 0
    for make in DOCUMENTS:
        started = time.monotonic()
        command = [sys.executable, "-m", "tests.codegen.big", str(size), make.__name__]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)
        said = done.stdout.strip() or done.stderr.strip().splitlines()[-1]
        failed += bool(done.returncode)
        print(f"{make.__name__:10} {size:6} {time.monotonic() - started:6.1f} s {said}", flush=True)
    return 1 if failed else 0


def one(size: int, name: str) -> int:
    make = next(make for make in DOCUMENTS if make.__name__ == name)
    with tempfile.TemporaryDirectory() as folder:
        fuzz.scratch(Path(folder))
        said = outcome(make, size, Path(folder))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:5} MB  {said}")
    return 0


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    raise SystemExit(one(chosen, sys.argv[2]) if len(sys.argv) > 2 else main(chosen))
