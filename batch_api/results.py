"""What calls that change something give back. Each keeps the answer as it came, in `.response`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import field, frozen

from batch_api.engine.errors import UnreadableAnswer

if TYPE_CHECKING:
    from batch_api._operation import Answer, Reply
    from batch_api.engine.response import Response

PARTIAL = "SUCCESS_WITH_PARTIAL_ERRORS"
"""The `code` of an update that was taken, save for some values (fact sheet: profiles and audiences, 2.1.6)."""

T = TypeVar("T")

_ATTRIBUTE = re.compile(r"\$?[a-z0-9_]{1,40}|(date|url)\([a-z0-9_]{1,30}\)")
_CATEGORY = re.compile(r"[A-Za-z_]{1,40}")


@frozen(repr=False)
class PartialError:
    """A value that the API refused, while it took the rest of the call.

    Several may concern one edit. `repr` and `str` leave the reason out: it may quote what was sent.
    Source: fact sheet: profiles and audiences, 2.1.6.
    """

    index: int | None
    """Position of the edit in the list that was sent, from 0; `None` where the API did not say."""
    attribute: str | None
    """Name of the attribute at fault, where there is one."""
    category: str | None
    """Kind of problem; an open set that the vendor does not publish."""
    reason: str | None
    """Explanation for humans, in the vendor's words. May quote people's data."""

    def __repr__(self) -> str:
        attribute = self.attribute if _ATTRIBUTE.fullmatch(self.attribute or "") else None
        category = self.category if _CATEGORY.fullmatch(self.category or "") else None
        return f"PartialError(index={self.index}, attribute={attribute!r}, category={category!r})"


@frozen(repr=False)
class UpdateResult:
    """The answer to an update of profiles. The API applies the edits later; what it refuses at once is in `errors`."""

    errors: tuple[PartialError, ...]
    """Values that were refused; empty when all was taken."""
    code: str | None
    """`SUCCESS`, `SUCCESS_WITH_PARTIAL_ERRORS`, or what else the API says; `None` if it says nothing."""
    response: Response

    def __repr__(self) -> str:
        return f"UpdateResult({len(self.errors)} errors)"

    @classmethod
    def of(cls, response: Reply) -> UpdateResult:
        """Read an answer, however odd. Where it says that something was refused, so does the result."""
        body = response.json()
        if not isinstance(body, dict):
            return cls((), None, as_it_came(response))
        listed = body.get("errors")
        errors = tuple(_partial_error(entry) for entry in listed) if isinstance(listed, list) else ()
        if not errors and body.get("code") == PARTIAL:
            errors = (PartialError(None, None, None, None),)  # something was refused, though the API did not say what
        return cls(errors, _text(body.get("code")), as_it_came(response))


def _partial_error(entry: Any) -> PartialError:
    if not isinstance(entry, dict):
        return PartialError(None, None, None, None)
    index = entry.get("bulk_index")
    return PartialError(
        index if isinstance(index, int) and not isinstance(index, bool) else None,
        _text(entry.get("attribute")),
        _text(entry.get("category")),
        _text(entry.get("reason")),
    )


class RemovalToken(str):
    """The token of a removal. With it, `audiences.wait` knows that an audience not found is the success waited for."""

    __slots__ = ()


@frozen(repr=False)
class IndexingResult:
    """A change that was accepted and is indexed in the background."""

    indexing_token: str
    """What `wait` and `view` follow the change by; opaque."""
    response: Response

    def __repr__(self) -> str:
        return "IndexingResult(indexing_token='…')"

    @classmethod
    def of(cls, response: Reply, token: type[str] = str) -> IndexingResult:
        """Read an answer; the token becomes a `token`. Raises `UnreadableAnswer` where there is none."""
        return cls(token(promised(response, "indexing_token")), as_it_came(response))


@frozen
class CreatedCampaign:
    """A campaign that was created."""

    id: str
    """For `campaigns.update`, `campaigns.delete` and `orchestrations`."""
    response: Response = field(repr=False)

    @classmethod
    def of(cls, response: Reply) -> CreatedCampaign:
        """Read an answer. Raises `UnreadableAnswer` where there is no id."""
        return cls(promised(response, "id"), as_it_came(response))


@frozen
class Done:
    """The API took the call and has nothing more to say."""

    response: Response = field(repr=False)

    @classmethod
    def of(cls, response: Reply) -> Done:
        """Keep an answer."""
        return cls(as_it_came(response))


def as_it_came(reply: Reply) -> Response:
    """An answer as the engine gave it, of which generated code knows less."""
    return cast("Response", reply)


def named(response: Reply, *names: str) -> str | None:
    """The first of these fields of an answer that holds text; `None` if there is none."""
    body = response.json()
    found = [body.get(name) for name in names] if isinstance(body, dict) else []
    return next((value for value in found if isinstance(value, str) and value), None)


def promised(response: Reply, *names: str) -> str:
    """The same of an answer that the call is made for. Raises `UnreadableAnswer`."""
    found = named(response, *names)
    if found is None:
        raise unreadable(response, f"was answered HTTP {response.status} without {' or '.join(names)}")
    return found


def shown(answer: Answer[T]) -> T:
    """What a read shows. Raises `UnreadableAnswer` for an answer that is empty."""
    if answer.parsed is None:
        raise unreadable(answer.response, f"was answered HTTP {answer.response.status} with nothing in it")
    return answer.parsed


def unreadable(response: Reply, what: str) -> UnreadableAnswer:
    """The error about an answer that cannot be what it should be. `what` is its predicate."""
    answer = as_it_came(response)
    said = f"{answer.operation} {what} ({answer.route})."
    return UnreadableAnswer(said, response=answer, outcome="unknown", attempts=answer.attempts)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
