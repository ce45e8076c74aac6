"""What the areas of the API have in common: the engine of their client."""

from __future__ import annotations

from batch_api.engine.engine import Engine


class Resource:
    """One area of the API, for one client."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._engine.api.scope} {self._engine.project}>"
