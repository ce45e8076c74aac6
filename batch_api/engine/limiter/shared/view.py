"""The shared limits as they stand in Redis, for display. Looking changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from batch_api.engine.limiter.shared.limiter import PREFIX
from batch_api.engine.limiter.shared.reason import node_of_cluster, reason_for, sentinel
from batch_api.engine.limiter.shared.server import Server
from batch_api.engine.limiter.shared.url import Address, checked

_PATIENCE = 5.0
_PAGE = 1000
_MOST = 1e15
_LONGEST = 200


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


class Viewer:
    """Reads what is shared in one Redis. Raises `ConfigurationError` for a URL that cannot lead to one."""

    def __init__(self, url: str) -> None:
        self._url = checked(url)
        self._address = Address.of(url)
        self._server: Server | None = None

    async def view(self) -> View:
        """How things stand now. Raises `OSError` if Redis gives no answer or refuses; its text says why."""
        if self._server is None:
            self._server = Server(self._address, self._address.hosts)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._check_server(self._server)
                return await self._read(self._server)
        except Exception as error:
            raise ConnectionError(reason_for(error, self._url)) from None

    async def aclose(self) -> None:
        """Close the connection."""
        if self._server is not None:
            await self._server.close()

    async def _check_server(self, server: Server) -> None:
        """A node of a cluster answers, but shows its own keys only, and a sentinel has none."""
        from redis.exceptions import ResponseError

        if self._address.kind != "server":
            return
        try:
            mode = _mode(await server.run("HELLO"))
        except ResponseError:  # Redis 5 knows no HELLO, and a user may lack the right
            return
        if mode == "cluster":
            raise ConnectionError(node_of_cluster(self._url))
        if mode == "sentinel":
            raise ConnectionError(sentinel(self._url))

    async def _read(self, server: Server) -> View:
        kept: dict[str, Mapping[str, str]] = {}
        times: dict[str, float] = {}
        async for key in server.redis.scan_iter(match=f"{PREFIX}*", count=_PAGE):
            name = _text(key)
            place = _parts(name)[0]
            if place not in times:
                times[place] = await server.time_at(name)
            kept[name] = _fields(await server.run("HGETALL", name))
        return _view(dict(sorted(kept.items())), times)


def _mode(hello: Any) -> str:
    """`"standalone"`, `"cluster"` or `"sentinel"`."""
    pairs = hello if isinstance(hello, Mapping) else dict(zip(hello[::2], hello[1::2], strict=True))
    return next((_text(value) for name, value in pairs.items() if _text(name) == "mode"), "")


def _fields(found: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(field): _text(value) for field, value in found.items()}


def _view(kept: Mapping[str, Mapping[str, str]], times: Mapping[str, float]) -> View:
    """`times` are those of Redis, by place. What cannot be read is left out: others may have written it."""
    view = View([], [])
    skew: dict[str, float] = {}
    alias: dict[str, str] = {}
    parts = {name: _parts(name) for name in kept}
    for name, found in kept.items():
        place, kind, _ = parts[name]
        if kind == "clock":
            skew[place] = _number(found, "skew")
        elif kind == "gate":
            alias[place] = _printable(found.get("project", "?"))
    for name, found in kept.items():
        place, kind, rest = parts[name]
        now = times[place] - skew.get(place, 0.0)
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
    capacity = _number(found, "capacity")
    factor = min(max(_number(found, "factor", 1.0), 0.0), 1.0)
    owed = (_number(found, "free") + _number(found, "shift") - now) * _number(found, "rate") * factor
    return Standing(
        project=project,
        name=_printable(name.rpartition(":")[0]),
        limit=_printable(found.get("shown", "?")),
        spent=_number(found, "spent"),
        left=min(max(capacity - owed, 0.0), capacity),
        pace=factor,
        leases=tuple(_leases(found, now)),
    )


def _leases(found: Mapping[str, str], now: float) -> Sequence[Lease]:
    held: list[Lease] = []
    for field, record in sorted(found.items(), key=lambda pair: pair[0][2:]):
        if field[:2] in ("r@", "c@"):
            numbers: dict[str, str] = dict(
                zip(("start", "stop", "due", "largest", "alive", "units"), record.split(" "), strict=False)
            )
            if _number(numbers, "alive") >= now:
                state = "reserved" if field.startswith("r") else "spending"
                held.append(Lease(_printable(field[2:].partition("/")[0]), _number(numbers, "units"), state))
    return held


def _pause(project: str, name: str, found: Mapping[str, str], now: float) -> Pause | None:
    seconds = max(_number(found, "paused_until") - now, 0.0)
    rejections = int(_number(found, "rejections"))
    if not seconds and not rejections:
        return None
    ahead = _printable(found.get("scout", "")) if _number(found, "scout_until") > now else ""
    return Pause(project, _printable(name), seconds, rejections, ahead.partition("/")[0])


def _number(found: Mapping[str, str], name: str, default: float = 0.0) -> float:
    """A number, or `default` for what is missing or none."""
    try:
        value = float(found[name])
    except (KeyError, ValueError):
        return default
    return value if abs(value) < _MOST else default


def _printable(text: str) -> str:
    """Text for a terminal, which may act on control characters."""
    return "".join(char if char.isprintable() else "?" for char in text)[:_LONGEST]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
