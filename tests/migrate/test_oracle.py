"""Nothing is lost that a profile can hold: both sides are modelled, and what differs is in `not_carried`.

The profile's side is the fake API, which judges by the newer API's document. The legacy side is `legacy.py`. A field
may only be left where the plain translation of it is refused by the fake, or where the old API leaves open what it
means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from batch_api import BatchClient, InvalidInput, Limit
from batch_api.migrate import profile_edits
from batch_api.testing import FakeBatch, VirtualTimeLoop
from batch_api.testing.profiles import Profile
from tests.migrate.legacy import User, edit_of, instant, key_of, told_of_profile, told_of_user

NAMES = st.sampled_from(["a", "b", "c", "x_1", "tier"])
ODD_NAMES = st.sampled_from(["Tier", "", "é", "$email_address", "a" * 31, "a.b", "a)", "date(a)"])
TEXTS = st.one_of(
    st.sampled_from(["gold", "", "2024-11-05T08:30:00", "x" * 300, "x" * 301, "\n", "null", "é" * 300]),
    st.text(max_size=8),
)
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**64 - 1),
    st.integers(2**64, 2**70),
    st.floats(),
    st.booleans(),
)
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
DATES = st.one_of(
    MOMENTS.map(lambda moment: moment.isoformat(timespec="seconds")),
    MOMENTS.map(lambda moment: moment.isoformat(timespec="milliseconds")),
    st.integers(-(10**11), 10**12),
    st.sampled_from(["2024-02-30T00:00:00", "2024-11-05", "yesterday", "", True, 1.5, 10**30]),
)
URLS = st.sampled_from(
    ["https://example.org/a", "acme://x", "no link", "", "https://e.org/" + "a" * 2100, "http://a b"]
)
TAGS = st.lists(st.one_of(st.sampled_from(["rowing", "Chess", "", "x" * 301]), st.text(max_size=4)), max_size=4)
MANY_TAGS = st.integers(20, 30).map(lambda count: [f"t{number}" for number in range(count)])
CHANGES = st.fixed_dictionaries({}, optional={"$add": TAGS, "$remove": TAGS, "$put": TAGS}) | st.fixed_dictionaries(
    {"$add": MANY_TAGS}
)
NULL = st.none()


def field(written: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples((NAMES | NAMES | NAMES | ODD_NAMES).map(written.format), values | values | values | NULL)


FIELDS = st.one_of(
    field("u.{}", SCALARS),
    field("date(u.{})", DATES),
    field("url(u.{})", URLS),
    field("ut.{}", TAGS | MANY_TAGS | CHANGES),
    st.tuples(st.sampled_from(["a", "c.a", "date(a)", "ue.a", ""]), SCALARS),
)
BODIES = st.lists(FIELDS, max_size=12).map(dict)
GOOD_TEXTS = st.sampled_from(["gold", "silver", "e" * 64])
BEFORE = st.dictionaries(
    NAMES,
    st.one_of(
        st.tuples(st.just("u.{}"), GOOD_TEXTS | st.integers(0, 9) | st.booleans()),
        st.tuples(st.just("date(u.{})"), st.sampled_from(["2024-11-05T08:30:00", 0])),
        st.tuples(st.just("ut.{}"), st.lists(GOOD_TEXTS, min_size=1, unique=True)),
    ),
).map(lambda fields: {written.format(name): value for name, (written, value) in fields.items()})


class Account:
    """A client of a fake without limits, and profiles in it, a new one for each example."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.fake = FakeBatch(limits=False, keep_edits=0)
        self.client = BatchClient(
            self.fake.rest_api_key,
            self.fake.project_key,
            transport=self.fake.transport(),
            limits={"profile_update": list[Limit]()},
        )
        self._runner = runner
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        return f"u{self._count}"

    def takes(self, edit: Any) -> bool:
        """Whether the API takes an edit whole."""
        try:
            result = self._runner.run(self.client.profiles.update([edit]))
        except InvalidInput:
            return False
        return not result.errors

    def profile(self, custom_id: str) -> Profile:
        return self.fake.project().profiles.by_id.get(custom_id) or Profile(custom_id)

    def now(self) -> datetime:
        async def wall() -> datetime:
            return self.fake.time.wall()

        return self._runner.run(wall())


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        account = Account(runner)
        yield account
        runner.run(account.client.aclose())


# -- custom data ---------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=400)
@given(before=BEFORE, values=BODIES)
def test_custom_data_loses_nothing(account: Account, before: dict[str, Any], values: dict[str, Any]) -> None:
    name = account.new_id()
    user = User()
    user.write(never_both(before, values))
    assert account.takes(edit_of(name, user))

    migrated = profile_edits(name, {"values": values})
    note(repr(migrated.not_carried))
    assert all(account.takes(edit) for edit in migrated.edits)

    left = {field.path.removeprefix("values.") for field in migrated.not_carried}
    carried = {key: value for key, value in values.items() if shown(key) not in left}
    assert len(carried) + len(migrated.not_carried) == len(values)
    event(f"{len(left)} left" if len(left) < 4 else "many left")
    user.write(carried)
    profile = account.profile(name)
    same(told_of_user(user), told_of_profile(profile.attributes, profile.kinds), carried)
    for key in values.keys() - carried.keys():
        assert why_left(account, key, values) is not None, key


def never_both(before: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """What the user had, without names that were one kind of thing and are now written as the other.

    Nobody can tell from one body what another wrote. `docs/legacy.md` says so.
    """
    kinds = {(key.kind == "ut", key.name) for text in values if (key := key_of(text))}
    had = {text: key for text in before if (key := key_of(text))}
    return {text: before[text] for text, key in had.items() if (key.kind != "ut", key.name) not in kinds}


def shown(key: str) -> str:
    return key if key.isprintable() else ascii(key)[1:-1]


def same(user: dict[str, set[Any]], profile: dict[str, Any], carried: dict[str, Any]) -> None:
    """The profile holds what the user has. Where the user has two things of a name, the one that was written."""
    assert user.keys() == profile.keys()
    for name, held in profile.items():
        if len(user[name]) > 1:
            written = {key.kind == "ut" for text in carried if (key := key_of(text)) and key.name == name}
            user[name] = {one for one in user[name] if (one[0] == "tags") in written}
        assert user[name] == {held}


def why_left(account: Account, text: str, values: dict[str, Any]) -> str | None:
    """Why a field had to be left, found without the code under test."""
    key, value = key_of(text), values[text]
    if key is None:
        return "no key of custom data"
    if key.name.startswith(("$", "date(", "url(")):
        return "a name that says something else in the new API"
    others = [other for one in values if one != text and (other := key_of(one)) and other.name == key.name]
    if any((other.kind == "ut") == (key.kind == "ut") for other in others):
        return "two values for one attribute"
    if others:
        return "an attribute and a collection of one name"
    if isinstance(value, dict) and not ambiguous(value).isdisjoint(("nothing", "both")):
        return "a change that says nothing, or both"
    if value == [] and key.kind == "ut":
        return "refused by the old API"
    if key.kind == "date":
        try:
            value = instant(value).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError, TypeError):
            return "no date"
        if isinstance(values[text], bool | float) or not account_date(values[text]):
            return "no date of the old API"
    plain = {"identifiers": {"custom_id": "judged"}, "attributes": {key.in_profile: value}}
    return None if account.takes(plain) else "refused by the new API"


def ambiguous(change: dict[str, list[str]]) -> set[str]:
    added, removed = set(change.get("$add", ())), set(change.get("$remove", ()))
    return ({"both"} if added & removed else set()) | (set() if added | removed else {"nothing"})


def account_date(value: Any) -> bool:
    """`YYYY-MM-DDTHH:mm:ss` with or without milliseconds, or seconds."""
    return not isinstance(value, str) or len(value) in (19, 23)


# -- events ----------------------------------------------------------------------------------------------------------

AGES = st.integers(-3600, 90_000)
EVENT_NAMES = st.sampled_from(
    ["ue.bought", "ue.a", "ue.x_1"] * 3 + ["bought", "ue.Bought", "ue.", "u.bought", "ue." + "a" * 31]
)
MANY = st.integers(12, 24).map(lambda count: {f"many_{number}": number for number in range(count)})
ATTRIBUTES = MANY | st.lists(
    st.one_of(
        st.tuples(NAMES | ODD_NAMES, SCALARS | NULL),
        st.tuples(NAMES.map("date({})".format), DATES),
        st.tuples(NAMES.map("url({})".format), URLS),
    ),
    max_size=8,
).map(dict)
EVENTS = st.fixed_dictionaries(
    {"name": EVENT_NAMES},
    optional={
        "time": AGES,
        "label": st.sampled_from(["web", "", "l" * 200, "l" * 201, "two\nlines"]),
        "tags": st.lists(st.sampled_from(["Shoes", "t" * 64, "t" * 65, ""]), max_size=3)
        | MANY_TAGS.map(lambda tags: tags[10:]),
        "attributes": ATTRIBUTES,
        "data": st.just(1),
    },
)
MANY_EVENTS = st.integers(14, 31).map(lambda count: [{"name": f"ue.n_{number}"} for number in range(count)])


@settings(deadline=None, max_examples=300)
@given(given_events=st.lists(EVENTS, max_size=20) | MANY_EVENTS)
def test_events_lose_nothing(account: Account, given_events: list[dict[str, Any]]) -> None:
    name, now = account.new_id(), account.now()
    old = [dated(one, now) for one in given_events]
    migrated = profile_edits(name, events=old, now=now)
    note(repr(migrated.not_carried))
    assert all(account.takes(edit) for edit in migrated.edits)
    assert all(len(edit["events"]) <= 15 for edit in migrated.edits)

    left = {field.path for field in migrated.not_carried}
    expected = [
        expected_event(one, f"events[{number}]", left)
        for number, one in enumerate(old)
        if left.isdisjoint({f"events[{number}]", f"events[{number}].name", f"events[{number}].time"})
    ]
    event(f"{len(old) - len(expected)} events left")
    received = [told_of_event(one) for one in account.profile(name).events]
    sent = [one for edit in migrated.edits for one in edit["events"]]
    assert [told_of_event(one) for one in sent] == expected
    assert [{**one, "time": None} for one in received] == [{**one, "time": None} for one in expected]
    for path in left:
        assert event_left_for(account, path, old, now) is not None, path


def dated(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The event with a legacy date for the seconds that have gone by."""
    if "time" not in one:
        return one
    moment = now - timedelta(seconds=one["time"])
    return {**one, "time": moment.replace(tzinfo=None).isoformat(timespec="seconds")}


def expected_event(old: dict[str, Any], path: str, left: set[str]) -> dict[str, Any]:
    """What the new side must hold of an event, in the words of `told_of_event`."""
    attributes = {
        key: attribute(key, value)
        for key, value in old.get("attributes", {}).items()
        if f"{path}.attributes.{shown(key)}" not in left
    }
    return {
        "name": old["name"].removeprefix("ue."),
        "time": instant(old["time"]) if "time" in old else None,
        "label": old.get("label") if f"{path}.label" not in left else None,
        "tags": (old.get("tags") or None) if f"{path}.tags" not in left else None,
        "attributes": attributes,
    }


def attribute(key: str, value: Any) -> tuple[str, Any]:
    return ("date", instant(value)) if key.startswith("date(") else (type(value).__name__, value)


def told_of_event(new: dict[str, Any]) -> dict[str, Any]:
    attributes = dict(new.get("attributes", {}))
    label, tags = attributes.pop("$label", None), attributes.pop("$tags", None)
    return {
        "name": new["name"],
        "time": datetime.fromisoformat(new["time"]) if "time" in new else None,
        "label": label,
        "tags": tags,
        "attributes": {
            key: ("date", datetime.fromisoformat(value)) if key.startswith("date(") else (type(value).__name__, value)
            for key, value in attributes.items()
        },
    }


def event_left_for(account: Account, path: str, old: list[dict[str, Any]], now: datetime) -> str | None:
    """Why something of an event had to be left, found without the code under test."""
    number, _, rest = path.removeprefix("events[").partition("]")
    one, rest = old[int(number)], rest.removeprefix(".")
    if rest == "time":
        age = (now.astimezone(UTC) - instant(one["time"])).total_seconds()
        return None if 0 <= age <= 86_400 else "too old, or in the future"
    if rest == "name" and not one["name"].startswith("ue."):
        return "no trigger event"
    if rest == "data":
        return "no field of an event"
    name = one["name"].removeprefix("ue.")
    if rest == "name":
        plain: dict[str, Any] = {"name": name}
    elif rest in ("label", "tags"):
        plain = {"name": "e", "attributes": {f"${rest}": one[rest]}}
    else:
        return attribute_left_for(account, rest.removeprefix("attributes."), one)
    return None if account.takes(edit_with(plain)) else "refused by the new API"


def attribute_left_for(account: Account, shown_key: str, old: dict[str, Any]) -> str | None:
    key = next(key for key in old["attributes"] if shown(key) == shown_key)
    bare = key.partition("(")[2].removesuffix(")") if key.startswith(("date(", "url(")) else key
    if sum(one in (bare, f"date({bare})", f"url({bare})") for one in old["attributes"]) > 1:
        return "two values for one attribute"
    if bare != bare.lower():
        return "a name that the documented pattern does not allow, though the fake takes it in events"
    value = old["attributes"][key]
    if value is None:
        return "nothing, which no event holds"
    if key.startswith("date("):
        if isinstance(value, bool | float) or not account_date(value):
            return "no date of the old API"
        try:
            value = instant(value).isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError):
            return "no date"
    if not account.takes(edit_with({"name": "e", "attributes": {key: value}})):
        return "refused by the new API"
    return "too many for the new API" if len(old["attributes"]) > 15 else None


def edit_with(one: dict[str, Any]) -> dict[str, Any]:
    return {"identifiers": {"custom_id": "judged"}, "events": [one]}
