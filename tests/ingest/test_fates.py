"""Whatever goes wrong, and whenever: one fate for each item, and each of them true."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any, Literal

import orjson
from hypothesis import event, given, settings
from hypothesis import strategies as st

from batch_api import Delivered, Fate, Invalid, PartlyApplied, Refused, Unsent, models
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.ingest.world import MASS, a_client, fates_of, one_each

LIVE = "profile_update"

Kind = Literal["plain", "eventful", "event only", "partly", "poisoned", "invalid", "no json"]
Shape = Literal["dict", "line", "line with an end", "model"]
KINDS: list[Kind] = ["plain", "plain", "eventful", "eventful", "event only", "partly", "poisoned", "invalid", "no json"]
SHAPES: list[Shape] = ["dict", "line", "line with an end", "model"]
ITEMS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from("abcdefgh"), st.sampled_from(SHAPES), st.booleans()), max_size=40
)


def item(number: int, kind: Kind, name: str, shape: Shape, has_ref: bool) -> Any:
    """An edit that can be told from all others by the name of its attribute and that of its event."""
    made: Any = {"identifiers": {"custom_id": name}}
    if kind != "event only":
        made["attributes"] = {f"a{number:02}": number}
    if kind in ("eventful", "event only"):
        made["events"] = [{"name": f"e{number:02}"}]
    if kind == "partly":
        made["attributes"]["No_such_name"] = 1
    if kind == "poisoned":
        made["attributes"] = [f"a{number:02}"]
    if kind == "invalid":
        made["attributes"]["nan"] = math.nan
    if kind == "no json":
        made = b"{"
    elif shape == "model" and kind not in ("poisoned", "invalid"):
        made = models.EditProfile.from_dict(made)
    elif shape.startswith("line") and kind != "invalid":
        made = orjson.dumps(made) + (b"\r\n" if shape.endswith("end") else b"")
    return (made, ("ref", number)) if has_ref else made


WHEN = {"times": st.integers(1, 4), "skip": st.integers(0, 6)}
FAULTS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just("fail"),
        st.fixed_dictionaries(WHEN | {"status": st.sampled_from([500, 502, 408]), "after_acceptance": st.booleans()}),
    ),
    st.tuples(st.just("fail"), st.fixed_dictionaries(WHEN | {"status": st.sampled_from([400, 413, 429, 503])})),
    st.tuples(
        st.just("fail"), st.fixed_dictionaries({"status": st.sampled_from([401, 403, 404]), "skip": WHEN["skip"]})
    ),
    st.tuples(st.just("reset"), st.fixed_dictionaries(WHEN | {"after_acceptance": st.booleans()})),
    st.tuples(st.just("truncate"), st.fixed_dictionaries(WHEN | {"reset": st.booleans()})),
)
CHOICES = st.fixed_dictionaries(
    {
        "chunk_size": st.integers(1, 12),
        "endpoint": st.sampled_from(["update", "mass-update"]),
        "resend_events": st.booleans(),
        "coalesce": st.booleans(),
        "patience": st.sampled_from([2.0, 600.0]),
        "deadline": st.sampled_from([None, None, None, 9.0]),
    }
)


@settings(max_examples=200, deadline=None)
@given(ITEMS, st.lists(FAULTS, max_size=4), CHOICES, st.booleans(), st.integers(0, 9))
def test_each_item_has_one_fate_and_it_is_true(
    made: list[tuple[Any, ...]], faults: list[tuple[str, Any]], choices: dict[str, Any], is_async: bool, seed: int
) -> None:
    items = [item(number, *each) for number, each in enumerate(made)]

    async def stream() -> AsyncIterator[Any]:
        for each in items:
            yield each

    async def main() -> tuple[FakeBatch, list[Fate]]:
        fake = FakeBatch(seed=seed, keep_edits=None)
        for operation in (MASS, LIVE):
            fake.delay(operation, 0.0, 0.5)
            for verb, when in faults:
                getattr(fake, verb)(operation, **when)
        async with a_client(fake) as client:
            source: Any = stream() if is_async else iter(items)
            return fake, await fates_of(client.profiles.ingest(source, **choices))

    fake, fates = run(main())
    assert one_each(fates, len(items))
    for kind in {type(fate).__name__ for fate in fates}:
        event(kind)
    by_index = {fate.index: fate for fate in fates}
    taken = Taken(fake)
    for number, (kind, name, _, has_ref) in enumerate(made):
        fate = by_index[number]
        assert fate.ref == (("ref", number) if has_ref else None)
        assert fate.id == (None if kind == "no json" else name)
        check(kind, fate, taken.attributes[f"a{number:02}"], taken.events[f"e{number:02}"], choices["resend_events"])
    assert all(order == sorted(order) for order in taken.order.values()), "accepted in the order of the source"


class Taken:
    """What the API took, by the names of attributes and events, and in which order."""

    def __init__(self, fake: FakeBatch) -> None:
        self.attributes: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.order: defaultdict[tuple[str, str], list[list[str]]] = defaultdict(list)
        """Of each profile, attributes and events apart: those that were taken together."""
        for received in fake.edits:
            edit = received.edit
            name = edit["identifiers"]["custom_id"]
            for what, found, count in (
                ("attributes", [key for key in edit.get("attributes", ()) if key.startswith("a")], self.attributes),
                ("events", [happened["name"] for happened in edit.get("events", ())], self.events),
            ):
                count.update(found)
                if found:
                    self.order[name, what].append(sorted(found))


def check(kind: Kind, fate: Fate, attribute: int, happened: int, resend_events: bool) -> None:
    """Whether what is said of an item is what the API saw of it."""
    if kind in ("invalid", "no json"):
        assert isinstance(fate, Invalid | Unsent), "that of a job that has ended: it was not looked at any more"
    if isinstance(fate, Invalid | Refused | Unsent):
        assert (attribute, happened) == (0, 0)
    if isinstance(fate, Delivered | PartlyApplied):
        assert attribute > 0 or kind == "event only"
        assert happened > 0 or kind not in ("eventful", "event only")
    if isinstance(fate, Delivered):
        assert kind in ("plain", "eventful", "event only")
    if isinstance(fate, PartlyApplied):
        assert kind == "partly"
    if not resend_events:
        assert happened <= 1, "no event twice"
