"""What calls of the legacy API give back where it answers with a token alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from batch_api.results import as_it_came

if TYPE_CHECKING:
    from batch_api._generated.runtime import Reply
    from batch_api.engine.response import Response


@frozen
class Receipt:
    """The API took the call: it was accepted, which does not say that a message arrived or that a change is done."""

    token: str | None
    """What the API calls it by; `None` if the answer named nothing."""
    response: Response = field(repr=False)

    @classmethod
    def of(cls, response: Reply, key: str = "token") -> Receipt:
        """Read an answer, however odd: a call that was taken never fails over its answer."""
        return cls(named(response, key) or None, as_it_came(response))


def named(response: Reply, *keys: str) -> str:
    """The first of these fields of an answer that is text; empty if there is none."""
    body = response.json()
    found = [body.get(key) for key in keys] if isinstance(body, dict) else []
    return next((value for value in found if isinstance(value, str)), "")
