"""What benchmarks found: printed, and with `--write` in `docs/benchmarks.md`, between the marks of a section."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_LIBRARIES = ("httpx", "orjson", "msgspec", "aiolimiter", "tenacity")


def verdict(*, holds: bool) -> str:
    """How a bar that was set beforehand is told to hold, or not."""
    return "holds" if holds else "**missed**"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, whose columns but the first are figures."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(section: str, text: str) -> None:
    """Put figures into their section of the page, with the day, the machine and the versions."""
    write_section(PAGE, section, f"{text}\n\n{_where()}")


def write_section(page: Path, section: str, text: str) -> None:
    """Put text between the marks of a section of a page."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    written, count = re.subn(
        f"{begin}.*?{end}", lambda _: f"{begin}\n\n{text}\n\n{end}", page.read_text(), flags=re.DOTALL
    )
    assert count == 1, f"the page has no section {section}"
    page.write_text(written)


def _where() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"Measured on {date.today():%d %B %Y}: {_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}; {versions}."
    )


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
