"""The tables of limits in the README and the docs: `python -m tests.docs.limits_table` writes them anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batch_api._generated.cep.registry import OPERATIONS
from batch_api._operation import LimitFact, Operation
from batch_api.engine.limiter.bucket import DOCUMENTED_BURST_USED
from codegen.diff.facade import methods
from codegen.layout import HERE
from tests.docs.blocks import ROOT

HEAD = ("Call and operation", "Documented limit", "Source", "What the SDK does", "Items a call", "Retried")

CLIENT_CODE = {LimitFact(5.0, 3600.0)}
"""The figures that public client code states, and no page of the vendor's: comments in `operations.yaml` say more."""
OVERVIEW = {LimitFact(1.0)}
"""The default: it stands on the vendor's overview page of the API, and on that of no operation."""

METHODS = methods(HERE)
"""The method of each operation, where there is one."""


def full() -> list[str]:
    """The table of the docs: a row for each operation."""
    rows = [(f"{called(one)}<br>`{one.name}`", *facts(one)) for one in OPERATIONS.values()]
    return list(table(HEAD, rows))


def short() -> list[str]:
    """The table of the README: operations with the same limits in one row."""
    alike: dict[tuple[str, ...], list[Operation]] = {}
    for one in OPERATIONS.values():
        alike.setdefault(facts(one)[:3], []).append(one)
    rows: list[tuple[str, ...]] = [(called(one), *facts(one)[:-1]) for _, (one, *more) in alike.items() if not more]
    shared = [entry for entry in alike.items() if len(entry[1]) > 1]
    for limits, ones in sorted(shared, key=lambda entry: len(entry[1])):
        names = {METHODS.get(one.name, "").partition(".")[0] for one in ones}
        label = f"other `{names.pop()}.*`" if len(names) == 1 else "all others"
        caps = [f"{number(one.max_items)} ({called(one)})" for one in ones if one.max_items]
        rows.append((label, *limits, ", ".join(sorted(caps))))
    return list(table(("Call", *HEAD[1:-1]), rows))


def called(operation: Operation) -> str:
    """The method of an operation, or how else it is called."""
    return f"`{METHODS.get(operation.name, 'call')}`"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |".replace("|  |", "| |")


def facts(operation: Operation) -> tuple[str, str, str, str, str]:
    limits = operation.limits
    return (
        "; ".join(map(documented, limits)),
        "; ".join(dict.fromkeys(source(fact) for fact in limits)),
        "; ".join(pace(fact, operation) for fact in limits),
        number(operation.max_items) if operation.max_items else "",
        replay(operation),
    )


def documented(fact: LimitFact) -> str:
    burst = f", burst {number(fact.burst)}" if fact.burst else ""
    return f"{number(fact.rate)} {fact.unit if fact.rate != 1 else 'request'} {span(fact)}{burst}{condition(fact)}"


def source(fact: LimitFact) -> str:
    places = {"client code": CLIENT_CODE, "overview page": OVERVIEW}
    bare = LimitFact(fact.rate, fact.per, fact.unit)
    return next((place for place, figures in places.items() if bare in figures), "documentation")


def pace(fact: LimitFact, operation: Operation) -> str:
    """What the bucket makes of a fact."""
    if fact.burst:
        rate = f"{number(fact.rate)} {span(fact)}"
        return f"at most {number(fact.burst * DOCUMENTED_BURST_USED)} at once, then {rate}{condition(fact)}"
    if fact.headroom:
        return f"{number(fact.rate * (1 - fact.headroom))} {fact.unit} {span(fact)}"
    largest = (operation.max_items or 1) if fact.unit == "items" else 1
    what = "1 request" if largest == 1 else f"{number(largest)} {fact.unit}"
    return f"{what} every {number(largest / fact.rate * fact.per + fact.spacing)} s"


def replay(operation: Operation) -> str:
    unless = operation.replay_unless
    if not operation.replay:
        return "no"
    if unless is None:
        return "yes"
    return f"unless `{unless.path[-1]}` is `{unless.equals}`" if unless.equals else f"unless with {unless.path[-1]}"


def condition(fact: LimitFact) -> str:
    return f" (with a {fact.when.path[-1]} filter)" if fact.when else ""


def span(fact: LimitFact) -> str:
    words = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour", 86_400.0: "a day"}
    return words.get(fact.per, f"every {number(fact.per)} s")


def number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", " ")


PAGES = {"README.md": short, "docs/guides/limits.md": full}


def put_in(text: str, rows: list[str]) -> str:
    """The text of a page, with these rows in the place of the table that begins with the first of them."""
    lines = text.split("\n")
    start = lines.index(rows[0])
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    return "\n".join([*lines[:start], *rows, *lines[end:]])


if __name__ == "__main__":
    for name, rows in PAGES.items():
        page = ROOT / name
        page.write_text(put_in(page.read_text(encoding="utf-8"), rows()), encoding="utf-8")
