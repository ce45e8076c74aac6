"""What it costs to import the package and make a client, beside importing what it stands on.

    python -m benchmarks.imports [--before FOLDER]

Fresh processes, 15 interleaved pairs. At most 1.25 times `import httpx, attrs, orjson, aiolimiter`, whichever of the
two clients is made; with the first request on both sides at most 1.15 times. No extra may be imported. With `--before`,
a folder that holds an earlier state of the package, `import batch_api` and `BatchClient` are timed beside those of that
state: at most 1.1 times.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

from benchmarks.server import served

PAIRS = 15

BASE = "import httpx, attrs, orjson, aiolimiter"
OURS = "from batch_api import BatchClient; client = BatchClient('key', 'project_import')"
APP = "from batch_api import BatchAppClient; client = BatchAppClient('key', 'app_import')"
PACKAGE = "import batch_api"
BASE_REQUEST = """
import asyncio, httpx, attrs, orjson, aiolimiter
async def main():
    async with httpx.AsyncClient() as client:
        limiter = aiolimiter.AsyncLimiter(10)
        async with limiter:
            body = orjson.dumps([{"identifiers": {"custom_id": "u1"}}])
            (await client.post("URL/profiles/update", content=body, headers={
                "Authorization": "Bearer key", "X-Batch-Project": "project_import", "Content-Type": "application/json",
            })).raise_for_status().json()
asyncio.run(main())
"""
OUR_REQUEST = """
import asyncio
from batch_api import BatchClient
async def main():
    async with BatchClient("key", "project_import", base_url="URL") as client:
        (await client.profiles.update([{"identifiers": {"custom_id": "u1"}}])).errors
asyncio.run(main())
"""
EXTRAS = ("jsonschema_rs", "batch_api.testing", "typer", "rich", "redis", "opentelemetry", "aiohttp")
TIMED = "import time; began = time.perf_counter()\n{}\nprint(time.perf_counter() - began)"


def _seconds(code: str, folder: str = ".") -> float:
    """How long `code` takes, with the package of `folder`."""
    timed = [sys.executable, "-c", TIMED.format(code)]
    run = subprocess.run(timed, capture_output=True, text=True, check=True, cwd=folder)
    return float(run.stdout)


def _ratio(name: str, ours: str, base: str, at_most: float, folder: str = ".") -> bool:
    pairs = [(_seconds(ours), _seconds(base, folder)) for _ in range(PAIRS)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, theirs = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    print(f"{name:<28} {mine:6.1f} ms beside {theirs:6.1f} ms: {ratio:.2f} times (at most {at_most:g})")
    return ratio <= at_most


def _extras_of(code: str) -> set[str]:
    """Extras that an import brings in. httpx itself looks for some that may be installed for other ends."""
    listing = f"{code}\nimport sys; print(*(name for name in {EXTRAS!r} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports")
    parser.add_argument("--before", metavar="FOLDER", help="an earlier state of the package, to be compared with")
    before = parser.parse_args().before
    _seconds(OURS), _seconds(APP), _seconds(BASE)  # bytecode
    good = _ratio("import and client", OURS, BASE, 1.25)
    good &= _ratio("import and app client", APP, BASE, 1.25)
    if before:
        for name, code in (("import batch_api", PACKAGE), ("... and BatchClient", OURS)):
            _seconds(code, before)
            good &= _ratio(f"{name}, before", code, code, 1.1, before)
    with served("--limits", "off") as url:
        ours, base = OUR_REQUEST.replace("URL", url), BASE_REQUEST.replace("URL", url)
        _seconds(ours), _seconds(base)
        good &= _ratio("... and first request", ours, base, 1.15)
    extras = (_extras_of(OURS) | _extras_of(APP)) - _extras_of(BASE)
    print(f"extras imported: {', '.join(extras) or 'none'}")
    return 0 if good and not extras else 1


if __name__ == "__main__":
    sys.exit(main())
