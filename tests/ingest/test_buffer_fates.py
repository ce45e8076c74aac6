"""Whatever goes wrong with a buffer, and whenever: one fate for each edit, each of them true, and the order kept."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from batch_api import BatchClient, Fate, Holding, Invalid, Sending, Trouble
from batch_api.testing import FakeBatch
from batch_api.testing.clock import run
from tests.ingest.test_fates import FAULTS, ITEMS, LIVE, Taken, check, item
from tests.ingest.world import a_client

SENDING = st.builds(
    Sending,
    in_flight=st.integers(1, 8),
    most_items=st.integers(1, 20),
    patience=st.sampled_from([0.5, 300.0]),
    drain=st.just(math.inf),
)
HOLDING = st.builds(Holding, most_items=st.integers(1, 40), when_full=st.sampled_from(["wait", "drop"]))
CALLS = st.tuples(st.floats(0.0, 1.0), st.sampled_from([None, None, 0.2, 1.0]), st.booleans())
"""When an edit comes, how long its caller waits, and whether it is put rather than waited for."""


@settings(max_examples=100, deadline=None)
@given(
    ITEMS.flatmap(lambda items: st.tuples(st.just(items), st.lists(CALLS, min_size=len(items), max_size=len(items)))),
    st.lists(FAULTS, max_size=4),
    SENDING,
    HOLDING,
    st.booleans(),
    st.booleans(),
)
def test_each_edit_has_one_fate_and_it_is_true(
    tmp_path_factory: pytest.TempPathFactory,
    given_: tuple[list[tuple[Any, ...]], list[tuple[float, float | None, bool]]],
    faults: list[tuple[str, Any]],
    sending: Sending,
    holding: Holding,
    resend: bool,
    has_outbox: bool,
) -> None:
    made, calls = given_
    fates: dict[int, Fate] = {}
    accepted: set[int] = set()

    def told(trouble: Trouble) -> None:
        fates.setdefault(
            trouble.ref, trouble
        )  # whose caller waits no more was told `Unknown`, and this is how it ended

    async def call(buffer: Any, number: int) -> None:
        after, timeout, puts = calls[number]
        kind, name, *_ = made[number]
        edit = item(number, kind, name, "dict", False)
        await asyncio.sleep(after)
        if puts:
            try:
                await buffer.put(edit, ref=number)
                accepted.add(number)
            except Exception as error:
                fates[number] = Invalid(0, None, number, error)  # type: ignore[arg-type]
        else:
            fates[number] = await buffer.update(edit, ref=number, timeout=timeout)

    async def main() -> FakeBatch:
        fake = FakeBatch(keep_edits=None)
        fake.delay(LIVE, 0.0, 0.5)
        for verb, when in faults:
            getattr(fake, verb)(LIVE, **when)
        outbox = tmp_path_factory.mktemp("outbox") / "outbox.db" if has_outbox else None
        async with a_client(fake) as client:
            async with client.profiles.buffer(
                outbox, sending=sending, holding=holding, resend_events=resend, on_trouble=told
            ) as buffer:
                await asyncio.gather(*(call(buffer, number) for number in range(len(made))))
            assert not buffer.remainder
        return fake

    fake = run(main())
    taken = Taken(fake)
    for number, (kind, *_) in enumerate(made):
        fate = fates.get(number)
        counts = taken.attributes[f"a{number:02}"], taken.events[f"e{number:02}"]
        if fate is None:
            assert number in accepted, "put, and delivered whole"
            assert counts[0] > 0 or kind == "event only"
            assert counts[1] > 0 or kind not in ("eventful", "event only")
            assert counts[1] <= 1 or resend
        else:
            event(type(fate).__name__)
            assert fate.ref == number
            check(kind, fate, *counts, resend)


@pytest.mark.parametrize("outbox", [False, True])
async def test_what_could_not_even_connect_is_unsent(outbox: bool, tmp_path: Path) -> None:
    """Its turn came, and no byte of it left: that is known, and it is not told as unknown."""
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as closed:
        port = closed.sockets[0].getsockname()[1]
    client = BatchClient("key", "project_x", base_url=f"http://127.0.0.1:{port}/2.11")
    kept = tmp_path / "outbox.db" if outbox else None
    troubles: list[Trouble] = []
    sending = Sending(drain=0.2, patience=60)
    async with client, client.profiles.buffer(outbox=kept, on_trouble=troubles.append, sending=sending) as buffer:
        await buffer.put({"identifiers": {"custom_id": "u1"}, "events": [{"name": "bought"}]})
        await asyncio.sleep(0.05)
    assert [type(fate).__name__ for fate in buffer.remainder.unsent] == ["Unsent"]
    assert buffer.remainder.unknown == ()
    assert [type(fate).__name__ for fate in troubles] == ([] if outbox else ["Unsent"])
