"""Ids, tokens and ranks in the shapes of the API, the same on every run."""

from __future__ import annotations

import itertools
import random
import uuid

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Ids:
    """The ids of one project."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._ranks = itertools.count(1)

    def rank(self) -> int:
        """The next number in the order of creation."""
        return next(self._ranks)

    def named(self, kind: str) -> str:
        """A prefix such as `orchestration_`, and 32 letters and digits."""
        return f"{kind}_{self._letters(32)}"

    def token(self) -> str:
        """An indexing token, or the signature of a link."""
        return self._letters(40)

    def hex(self) -> str:
        """32 hexadecimal characters, like tokens of the legacy API."""
        return f"{self._random.getrandbits(128):032x}"

    def uuid(self) -> str:
        """A UUID, like other ids of the legacy API."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=count))
