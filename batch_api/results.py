"""What calls that change something give back. Each keeps the answer as it came, in `.response`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import field, frozen

from batch_api.engine import arguments
from batch_api.engine.errors import UnreadableAnswer

if TYPE_CHECKING:
    from batch_api._operation import Answer, Reply
    from batch_api.engine.response import Response

PARTIAL = "SUCCESS_WITH_PARTIAL_ERRORS"
"""The `code` of an update that was taken, save for some values."""

T = TypeVar("T")

_ATTRIBUTE = re.compile(r"\$?[a-z0-9_]{1,40}|(date|url)\([a-z0-9_]{1,30}\)")
_CATEGORY = re.compile(r"[A-Za-z_]{1,40}")


@frozen(repr=False)
class PartialError:
    """A value that the API refused, while it took the rest of the call.

    Several may concern one edit. `repr` and `str` leave the reason out: it may quote what was sent.
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
    def of(cls, answer: Answer[Any]) -> UpdateResult:
        """What an answer says, however odd it is."""
        code = _fields(answer.parsed).get("code")
        return cls(partial_errors(answer.parsed), _text(code), as_it_came(answer.response))


def partial_errors(parsed: object) -> tuple[PartialError, ...]:
    """The errors in the answer to an update: at least one where it says that something was refused."""
    fields = _fields(parsed)
    listed = fields.get("errors")
    errors = tuple(map(_partial_error, listed)) if isinstance(listed, list) else ()
    if not errors and fields.get("code") == PARTIAL:
        return (PartialError(None, None, None, None),)  # something was refused, though the API did not say what
    return errors


def _partial_error(entry: object) -> PartialError:
    fields = _fields(entry)
    index = fields.get("bulk_index")
    return PartialError(
        index if isinstance(index, int) and not isinstance(index, bool) else None,
        _text(fields.get("attribute")),
        _text(fields.get("category")),
        _text(fields.get("reason")),
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
    def of(cls, answer: Answer[Any], token: type[str] = str) -> IndexingResult:
        """The result in an answer; the token becomes a `token`. Raises `UnreadableAnswer` where there is none."""
        return cls(token(promised(answer, "indexing_token")), as_it_came(answer.response))


@frozen
class CreatedCampaign:
    """A campaign that was created."""

    id: str
    """For `campaigns.update`, `campaigns.delete` and `orchestrations`."""
    response: Response = field(repr=False)

    @classmethod
    def of(cls, answer: Answer[Any]) -> CreatedCampaign:
        """The result in an answer. Raises `UnreadableAnswer` where there is no id."""
        return cls(promised(answer, "id"), as_it_came(answer.response))


@frozen
class Done:
    """The API took the call and has nothing more to say."""

    response: Response = field(repr=False)

    @classmethod
    def of(cls, answer: Answer[Any]) -> Done:
        """Keep an answer."""
        return cls(as_it_came(answer.response))


@frozen
class Receipt:
    """The API took the call: it was accepted, which does not say that a message arrived or that a change is done.

    What calls of the legacy API give back where it answers with a token alone.
    """

    token: str | None
    """What the API calls it by; `None` for trigger events where the answer named nothing."""
    response: Response = field(repr=False)

    @classmethod
    def of(cls, answer: Answer[Any], key: str = "token") -> Receipt:
        """The result in an answer. Raises `UnreadableAnswer` where there is no token."""
        return cls(promised(answer, key), as_it_came(answer.response))


def as_it_came(reply: Reply) -> Response:
    """An answer as the engine gave it, of which generated code knows less."""
    return cast("Response", reply)


def named(parsed: object, *names: str) -> str | None:
    """The first of these fields that holds text; `None` if there is none."""
    fields = _fields(parsed)
    return next((value for value in map(fields.get, names) if isinstance(value, str) and value), None)


def promised(answer: Answer[Any], *names: str) -> str:
    """The same of an answer that the call is made for. Raises `UnreadableAnswer`."""
    found = named(answer.parsed, *names)
    if found is None:
        status = answer.response.status
        raise unreadable(answer.response, f"was answered HTTP {status} without {' or '.join(names)}")
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


def _fields(parsed: object) -> dict[str, Any]:
    """What was parsed, under its names in the API: of a model, or of JSON that is no model. Empty for anything else."""
    return arguments.fields(parsed) if arguments.is_object(parsed) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
