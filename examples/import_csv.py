"""An import of 50 000 real lines, 20 of them invalid, as a person at a terminal sees it.

    python -m examples.import_csv
    python -m examples.import_csv --lines 10000 --folder out       # smaller, and the files are kept

The customers of `examples/data/purchases.csv`, one line each with what they bought in all, are written again and again
under ever new numbers until there are enough lines. In 20 of them something is broken as it gets broken in real files.
Then `batch-api import profiles` runs in a terminal of its own, against the fake with its documented limits:

1. the import, whose terminal is shown as it was at some moments and at the end;
2. the dead-letter file that it left;
3. the import of that file, once a person has repaired the lines in it, and left the reasons where they are.

At the end all profiles are compared with what the unbroken file says. The exit code is 0 if they are the same, the
broken lines and no others were in the dead-letter file, and nothing was rejected.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import itertools
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from batch_api.testing import FakeBatch

PURCHASES = Path(__file__).parent / "data" / "purchases.csv"
HEADER = "custom_id,date(first_purchase_at),date(last_purchase_at),purchases,cds,spent"
LINES, BROKEN = 50_000, 20
WIDTH, HEIGHT = 110, 30
"""The width of the terminal, in characters."""
SHOWN = 4
"""Moments of the progress bar that are shown."""


# -- the file --------------------------------------------------------------------------------------------------------


def customers() -> Iterator[list[str]]:
    """Each customer: number, first and last purchase, how many purchases and CDs, and dollars spent."""
    with PURCHASES.open(encoding="utf-8", newline="") as file:
        _, *purchases = csv.reader(file)
    for number, rows in itertools.groupby(purchases, key=itemgetter(0)):  # the file is in the order of customers
        _, days, cds, amounts = zip(*rows, strict=True)
        yield [number, min(days), max(days), str(len(days)), str(sum(map(int, cds))), f"{sum(map(float, amounts)):.2f}"]


def lines_of(count: int) -> list[str]:
    """This many valid lines."""
    once = list(customers())
    every = (",".join([f"{number}-{time}", *cells]) for time in itertools.count(1) for number, *cells in once)
    return list(itertools.islice(every, count))


BREAKS: tuple[Callable[[list[str]], list[str]], ...] = (
    lambda cells: ["", *cells[1:]],  # no id
    lambda cells: cells[:-1],  # a cell is missing
    lambda cells: [*cells[:-1], *cells[-1].split(".")],  # 29.33, written 29,33
    lambda cells: [*cells[:2], "/".join(reversed(cells[2].split("-"))), *cells[3:]],  # 18/01/1997
    lambda cells: [*cells[:2], cells[2][:5] + "13-01", *cells[3:]],  # a thirteenth month
)


def broken(lines: list[str], dice: random.Random) -> dict[int, str]:
    """By index: lines to break, and what they become."""
    chosen = sorted(dice.sample(range(len(lines)), BROKEN))
    return {index: ",".join(BREAKS[n % len(BREAKS)](lines[index].split(","))) for n, index in enumerate(chosen)}


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def repair(letters: Path, lines: list[str]) -> None:
    """What a person does: looks up each line, corrects it, and leaves the reason in front of it."""
    header, *entries = letters.read_text(encoding="utf-8").splitlines()
    mended = [
        re.sub(r'^("line (\d+).*?"),.*', lambda found: f"{found[1]},{lines[int(found[2]) - 2]}", e) for e in entries
    ]
    letters.write_text("\n".join([header, *mended]) + "\n", encoding="utf-8")


# -- the terminal ----------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """The output of a command, and its exit code."""

    frames: list[str]
    """The progress bar, each time it was drawn."""
    text: str
    """What remains on the screen, below the bar."""
    exit_code: int


def run(command: list[str], folder: Path, account: dict[str, str]) -> Seen:
    """Run a command in a terminal. Only POSIX has these."""
    terminal, theirs = os.openpty()
    size = {"COLUMNS": str(WIDTH), "LINES": str(HEIGHT), "TERM": "xterm-256color"}
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "batch_api.cli", *command],
        cwd=folder, env=os.environ | account | size, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # Linux raises this at the end of a terminal
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    os.close(terminal)
    return _read(shown.decode(), child.wait())


def _read(shown: str, exit_code: int) -> Seen:
    """Each frame of the bar begins with the sequence that clears its line."""
    first, *pictures = re.split(r"\r\x1b\[2K", shown)
    pictures = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", picture).replace("\r", "") for picture in (first, *pictures)]
    frames = [picture.split("\n")[0] for picture in pictures]
    return Seen(
        [frame for frame in frames if "%" in frame], "\n".join(pictures[-1].split("\n")[1:]).strip("\n"), exit_code
    )


def show(command: list[str], seen: Seen) -> None:
    """A few frames, evenly spread, and the end."""
    print(f"$ batch-api {' '.join(command)}")
    frames = list(dict.fromkeys(seen.frames))
    step = max((len(frames) - 1) / max(SHOWN - 1, 1), 1)
    for number in range(min(SHOWN, len(frames))):
        print(frames[round(number * step)])
    print(seen.text)
    print(f"$ echo $?\n{seen.exit_code}")


# -- all together ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(fake: FakeBatch) -> Iterator[str]:
    """The fake, in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with fake.serve():
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait()
    try:
        yield fake.url or ""
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def stored(fake: FakeBatch) -> set[str]:
    """Each profile, as a line of the file has it."""
    return {
        f"{name},{held['first_purchase_at'][:10]},{held['last_purchase_at'][:10]},{held['purchases']},{held['cds']},{held['spent']:.2f}"
        for name, held in ((name, profile.attributes) for name, profile in fake.project().profiles.by_id.items())
    }


def carry_out(folder: Path, count: int) -> int:
    """Import, look, repair, import again, compare."""
    lines = lines_of(count)
    bad = broken(lines, random.Random(1))
    write(folder / "purchases.csv", [bad.get(index, line) for index, line in enumerate(lines)])
    letters = folder / "purchases.dead-letter.csv"
    fake = FakeBatch(keep_edits=0)
    fake.delay("profile_mass_update", 0.02, 0.06)
    with served(fake) as url:
        account = {
            "BATCH_REST_API_KEY": fake.rest_api_key,
            "BATCH_PROJECT_KEY": fake.project_key,
            "BATCH_BASE_URL": url,
        }
        first = run(command := ["import", "profiles", "purchases.csv"], folder, account)
        show(command, first)
        print(f"\n$ cat {letters.name}\n{letters.read_text(encoding='utf-8')}")
        numbers = {
            int(found) for found in re.findall(r'^"line (\d+)', letters.read_text(encoding="utf-8"), re.MULTILINE)
        }
        repair(letters, lines)
        print("Repaired by hand.\n")
        second = run(command := ["import", "profiles", letters.name], folder, account)
        show(command, second)
    same, right = stored(fake) == set(lines), numbers == {index + 2 for index in bad}
    print(f"\nAll {len(lines):,} profiles are as the unbroken file has them: {'yes' if same else 'NO'}")
    print(f"In the dead-letter file were the broken lines and no others: {'yes' if right else 'NO'}")
    print(f"429s: {fake.rejections}")
    good = same and right and not fake.rejections
    return 0 if good and (first.exit_code, second.exit_code) == (1, 0) else 1


def main(arguments: list[str] | None = None) -> int:
    """Run it, and keep the files if a folder is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        return carry_out(options.folder, options.lines)
    with tempfile.TemporaryDirectory() as folder:
        return carry_out(Path(folder), options.lines)


if __name__ == "__main__":
    sys.exit(main())
