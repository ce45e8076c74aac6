"""What processes share, as it stands in Redis: for those who look on. It changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batch_api.engine.shared.link import close
from batch_api.engine.shared.queue import PREFIX
from batch_api.engine.shared.url import checked

_PATIENCE = 5.0
_PAGE = 1000


class Lease(NamedTuple):
    """What one process holds of a limit."""

    process: str
    units: float
    state: str
    """`"spending"`, or `"reserved"` for a turn to come."""


class Standing(NamedTuple):
    """One limit of one project."""

    project: str
    """Its alias."""
    name: str
    """The operation or group."""
    limit: str
    spent: float
    """Units since the limit was first used."""
    left: float
    """Units that could be leased at once."""
    pace: float
    """The part of the rate that rejections have left, up to 1."""
    leases: tuple[Lease, ...]


class Pause(NamedTuple):
    """A queue that a rejection holds up, or that waits for the one that goes ahead."""

    project: str
    name: str
    seconds: float
    """Until it ends; 0 if the answer to the one that went ahead is awaited."""
    rejections: int
    """In a row."""
    goes_ahead: str
    """The process that tries, if there is one."""


class View(NamedTuple):
    """All that is shared in one Redis."""

    limits: list[Standing]
    pauses: list[Pause]


class Onlooker:
    """Reads what is shared in one Redis. Raises `ConfigurationError` for what is no address of one."""

    def __init__(self, url: str) -> None:
        self._url = checked(url)
        self._redis: Any = None

    async def look(self) -> View:
        """How things stand now. Raises `OSError`, also when Redis refuses."""
        from redis.asyncio import Redis
        from redis.exceptions import RedisError

        if self._redis is None:
            self._redis = Redis.from_url(self._url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._look()
        except RedisError as error:
            raise ConnectionError(f"Redis: {type(error).__name__}") from None

    async def aclose(self) -> None:
        """Close the connection."""
        if self._redis is not None:
            await close(self._redis)

    async def _look(self) -> View:
        names = [_text(key) async for key in self._redis.scan_iter(match=f"{PREFIX}*", count=_PAGE)]
        names.sort()
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            for name in names:
                pipe.hgetall(name)
            (seconds, micros), *hashes = await pipe.execute()
        kept = {
            name: {_text(field): _text(value) for field, value in found.items()}
            for name, found in zip(names, hashes, strict=True)
        }
        return _view(kept, seconds + micros / 1e6)


def _view(kept: Mapping[str, Mapping[str, str]], time: float) -> View:
    view = View([], [])
    skew: dict[str, float] = {}
    alias: dict[str, str] = {}
    parts = {name: _parts(name) for name in kept}
    for name, found in kept.items():
        place, kind, _ = parts[name]
        if kind == "clock":
            skew[place] = float(found.get("skew", 0))
        elif kind == "gate":
            alias[place] = found.get("project", "?")
    for name, found in kept.items():
        place, kind, rest = parts[name]
        now = time - skew.get(place, 0.0)
        if kind == "limit" and "free" in found:
            view.limits.append(_standing(alias.get(place, "?"), rest, found, now))
        elif kind == "gate":
            pause = _pause(alias[place], rest, found, now)
            if pause is not None:
                view.pauses.append(pause)
    return view


def _parts(name: str) -> tuple[str, str, str]:
    """The project's digest, the kind of key, and the rest of its name."""
    digest, _, rest = name.removeprefix(PREFIX).partition(":")
    kind, _, rest = rest.partition(":")
    return digest, kind, rest


def _standing(project: str, name: str, found: Mapping[str, str], now: float) -> Standing:
    capacity = float(found["capacity"])
    owed = (float(found["free"]) + float(found["shift"]) - now) * float(found["rate"]) * float(found["factor"])
    return Standing(
        project=project,
        name=name.rpartition(":")[0],
        limit=found["shown"],
        spent=float(found["spent"]),
        left=min(max(capacity - owed, 0.0), capacity),
        pace=min(1.0, float(found["factor"])),
        leases=tuple(_leases(found, now)),
    )


def _leases(found: Mapping[str, str], now: float) -> Sequence[Lease]:
    held: list[Lease] = []
    for field, record in sorted(found.items(), key=lambda pair: pair[0][2:]):
        if field[:2] in ("r@", "c@"):
            _, _, _, _, alive, units = record.split(" ")
            if float(alive) >= now:
                state = "reserved" if field.startswith("r") else "spending"
                held.append(Lease(field[2:].partition("/")[0], float(units), state))
    return held


def _pause(project: str, name: str, found: Mapping[str, str], now: float) -> Pause | None:
    seconds = max(float(found["paused_until"]) - now, 0.0)
    rejections = int(found["rejections"])
    if not seconds and not rejections:
        return None
    ahead = found["scout"] if float(found["scout_until"]) > now else ""
    return Pause(project, name, seconds, rejections, ahead.partition("/")[0])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
