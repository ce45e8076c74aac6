"""Segments: groups of people that the dashboard keeps up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_api._generated.cep.endpoints import segments as api
from batch_api.resources.paging import CursorListing, Listing
from batch_api.resources.resource import Resource

if TYPE_CHECKING:
    from batch_api.models import Segment


class Segments(Resource):
    """`client.segments`: the segments of the project, whose codes filter exports. The limit is 1 request a second."""

    __slots__ = ()

    def list(self, page_size: int = 100, cursor: str | None = None) -> Listing[Segment]:
        """All segments: an async iterator, with `.pages()`. `page_size` is 1 to 100; `cursor` starts elsewhere."""
        return CursorListing(
            "segment_list",
            "segments",
            lambda start, size: api.segment_list(self._engine, from_=start, limit=size),
            page_size=page_size,
            cursor=cursor,
        )
