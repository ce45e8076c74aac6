"""An operation of an API: what is known about it, how it is sent, and what comes back.

These are the words that generated code, the generator and the engine have in common. The facts themselves are data:
`overrides/<api>/operations.yaml` states them, and codegen writes them into `registry.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from batch_api._codec import QueryValue

T_co = TypeVar("T_co", covariant=True)


class Condition(NamedTuple):
    """A question put to a request body: is there something at `path`, and is it `equals`?

    `path` holds the keys from the root of the body; `"*"` stands for every element of an array.
    Without `equals`, anything but a missing, null or empty value counts.
    """

    path: tuple[str, ...]
    equals: str | bool | None = None


class Dates(NamedTuple):
    """How an API takes dates with a time."""

    offset: bool = True
    """They carry their offset, `Z`. Without it they are in UTC, to the second."""
    named: tuple[str, ...] = ("attributes",)
    """The fields inside of which names carry types: there a datetime goes under `date(name)` only."""


class LimitFact(NamedTuple):
    """One documented limit of an operation: `rate` units every `per` seconds."""

    rate: float
    per: float = 1.0
    unit: Literal["requests", "items"] = "requests"
    burst: float | None = None
    """What the vendor says the bucket holds; `None` where it says nothing: one second's worth is assumed."""
    group: str | None = None
    """Operations that name the same group draw on one bucket."""
    when: Condition | None = None
    """The limit counts only the requests whose body meets this condition."""
    headroom: float = 0.0
    """The share of the rate that is left unused, against a server that counts in windows."""
    spacing: float = 0.0
    """Seconds added where one request fills the server's whole bucket, so that jitter cannot refuse the next."""


class Operation(NamedTuple):
    """One operation of the API and all that is known about it."""

    name: str
    method: str
    path: str
    success: tuple[int, ...]
    limits: tuple[LimitFact, ...] = ()
    items: tuple[str, ...] | None = None
    """Where the items are in the body: `()` is the body itself, `("ids",)` its key `ids`, `None` nowhere."""
    max_items: int | None = None
    """The most items that a call may carry."""
    replay: bool = False
    """May be sent again when nobody knows whether the first time was taken."""
    replay_unless: Condition | None = None
    """... unless the body meets this condition."""
    pause: float = 5.0
    """Seconds to wait after a 429 that names no time of its own."""
    replay_only_if: Condition | None = None
    """May be sent again only if the body meets this condition."""
    items_are_text: bool = False
    """The items are strings, and no objects."""
    counted: tuple[str, ...] | None = None
    """Where what counts as an item is, if not in `items`: keys from the root, with `"*"` for every element."""
    instead: str | None = None
    """What to do with more than `max_items`, where there is something better than several calls."""
    dates: Dates = Dates()

    @property
    def route(self) -> str:
        """Method and path, with the names of parameters where a request has their values: fit for logs and errors."""
        return f"{self.method} {self.path}"


class Keys(NamedTuple):
    """The keys that one kind of object in a request may have."""

    names: frozenset[str]
    inside: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Which kinds of objects are under a key, alone or in a list, by the names of their schemas."""
    mark: tuple[str, str] | None = None
    """The key, and its one value, that tell this kind from one that is open."""
    is_open: bool = False
    """It may have other keys, too: the names are free, or the document lists some only."""


class Api(NamedTuple):
    """One API as a whole: what the engine must know beyond its operations."""

    name: str
    operations: Mapping[str, Operation]
    undocumented: Operation
    """What is assumed of an operation that the document does not have."""
    server_url: str
    """Where it is, if nothing else is said."""
    key_header: str
    """The header that carries the REST API key ..."""
    key_scheme: str
    """... after this word, or as it is where there is none."""
    scope: str
    """What one client stands for, in a word."""
    scope_header: str | None
    """The header that carries the key of that, or ..."""
    scope_parameter: str | None
    """... the parameter of every path that does."""
    error_code: str
    """The field of an error's body that names the error, and ..."""
    error_message: str
    """... the one that explains it."""
    maintenance: str
    """The name by which the API says that it is down, and that it took nothing."""
    keys: Mapping[str, Keys] = MappingProxyType({})
    """The objects of its requests, by the names of their schemas."""


class Encoded(NamedTuple):
    """A body that is JSON already, with what cannot be read from bytes: how many items, and whether any has events."""

    body: bytes
    items: int
    has_events: bool

    def __repr__(self) -> str:
        return f"Encoded({len(self.body)} bytes, items={self.items}, has_events={self.has_events})"


class Reply(Protocol):
    """A successful answer of the API, as it came."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...
    def json(self) -> Any:
        """The body read as JSON; `None` when it is empty or no JSON."""
        ...


class Sender(Protocol):
    """The engine, as generated code sees it."""

    async def send(
        self,
        operation: Operation,
        *,
        body: object | Encoded | None = None,
        query: Mapping[str, QueryValue] | None = None,
        path: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request with all policy applied. Returns only on success, raises on anything else."""
        ...


class Answer(NamedTuple, Generic[T_co]):
    """What an endpoint function returns: the body in its declared type, and the answer as it came."""

    parsed: T_co
    response: Reply
