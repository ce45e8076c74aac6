"""The keys to use: from a file or the environment, never from arguments, which anyone on the machine can read."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path
from typing import NamedTuple

from batch_api import BatchClient, ConfigurationError
from batch_api.cli import output

KEY, PROJECT, URL, QUOTA = VARIABLES = (
    "BATCH_REST_API_KEY", "BATCH_PROJECT_KEY", "BATCH_BASE_URL", "BATCH_QUOTA_URL",
)  # fmt: skip

_LINE = re.compile(r"""(?:export\s+)?([A-Z_]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s#]\S*)?)(?:\s*|\s+\#.*)""")


class Account(NamedTuple):
    """Keys, and where they come from."""

    values: dict[str, str]
    origin: str

    @classmethod
    def found(cls, path: Path | None) -> Account:
        """The keys in the file, or else in the environment. Raises `ConfigurationError` if one is missing."""
        if path is None:
            origin, given = "the environment", {name: os.environ.get(name, "") for name in VARIABLES}
        else:
            origin, given = str(path), read(path)
        missing = [name for name in (KEY, PROJECT) if not given.get(name)]
        if missing:
            hint = "" if path else " (or name a file with them by --credentials)"
            raise ConfigurationError(f"Expected {' and '.join(missing)} to be set in {origin}{hint}.")
        return cls(given, origin)

    def client(self, *, share: float | None = None) -> BatchClient:
        """A client that is not yet open."""
        return BatchClient(
            self.values[KEY],
            self.values[PROJECT],
            base_url=self.values.get(URL) or None,
            share=share,
            quota=self.values.get(QUOTA) or None,
        )

    def __repr__(self) -> str:
        return f"<Account from {self.origin}>"


def read(path: Path) -> dict[str, str]:
    """`NAME=value` on each line, as in shells and `.env` files. Other names and comments are skipped."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The credentials in {path} cannot be read: {_why(error)}.") from None
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {line[1]: line[2] or line[3] or line[4] or "" for line in found if line and line[1] in VARIABLES}


def open_to_others(path: Path) -> str | None:
    """A warning about a file with keys that users other than its owner can read or change; `None` for any other."""
    if os.name != "posix":
        return None
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # reading it reports why
    if not stat.S_ISREG(mode) or not mode & 0o077:
        return None
    return f"others can read {path} (mode {stat.S_IMODE(mode):04o}): chmod 600 {shlex.quote(str(path))}"


def warn_of_others(path: Path | None) -> None:
    """Print that warning on standard error, as ssh does for its keys."""
    said = None if path is None else open_to_others(path)
    if said is not None:
        output.err.print(f"Warning: {said}")


def _why(error: Exception) -> str:
    return (error.strerror or "it cannot be opened") if isinstance(error, OSError) else "it is not UTF-8"
