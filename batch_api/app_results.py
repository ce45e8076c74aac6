"""What calls of the legacy API give back where it answers with a token alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from batch_api.results import as_it_came, promised

if TYPE_CHECKING:
    from batch_api._operation import Reply
    from batch_api.engine.response import Response


@frozen
class Receipt:
    """The API took the call: it was accepted, which does not say that a message arrived or that a change is done."""

    token: str | None
    """What the API calls it by; `None` for trigger events where the answer named nothing."""
    response: Response = field(repr=False)

    @classmethod
    def of(cls, response: Reply, key: str = "token") -> Receipt:
        """Read an answer. Raises `UnreadableAnswer` where there is no token."""
        return cls(promised(response, key), as_it_came(response))
