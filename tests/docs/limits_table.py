"""The tables of limits in the README and the docs, written from the registry: `python -m tests.docs.limits_table`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batch_api._generated.cep.registry import OPERATIONS
from batch_api._operation import LimitFact, Operation
from batch_api.engine.limiter.bucket import DOCUMENTED_BURST_USED

HEAD = ("Call and operation", "Documented limit", "Source", "What the SDK does", "Items a call", "Retried")

DOCUMENTED, OVERVIEW, CLIENT_CODE = "documentation", "overview page", "client code"
SOURCES = {
    (1.0, 1.0, "requests"): OVERVIEW,
    (5.0, 1.0, "requests"): DOCUMENTED,
    (1000.0, 1.0, "items"): DOCUMENTED,
    (300.0, 1.0, "items"): DOCUMENTED,
    (10000.0, 1.0, "items"): DOCUMENTED,
    (5.0, 3600.0, "requests"): CLIENT_CODE,
}
"""Where a figure is known from: comments in `overrides/cep/operations.yaml` say more. A new one needs a line here."""

SPECIAL = ("profile_update", "profile_mass_update", "profile_export", "catalog_items_edit")
"""The operations with a row of their own in the README."""

METHODS = {
    "audience_create": "audiences.create",
    "audience_list": "audiences.list",
    "audience_remove": "audiences.remove",
    "audience_replace": "audiences.replace",
    "audience_update": "audiences.update",
    "audience_view": "audiences.view",
    "campaign_create": "campaigns.create",
    "campaign_delete": "campaigns.delete",
    "campaign_update": "campaigns.update",
    "catalog_create": "catalogs.create",
    "catalog_items_edit": "catalogs.edit_items",
    "catalog_list": "catalogs.list",
    "catalog_remove": "catalogs.remove",
    "catalog_update": "catalogs.update",
    "catalog_view": "catalogs.view",
    "export_download": "exports.download",
    "export_list": "exports.list",
    "export_view": "exports.view",
    "orchestration_list": "orchestrations.list",
    "orchestration_stats": "orchestrations.stats",
    "orchestration_view": "orchestrations.view",
    "profile_export": "profiles.export",
    "profile_mass_update": "profiles.mass_update",
    "profile_update": "profiles.update",
    "segment_list": "segments.list",
}


def full() -> list[str]:
    """The table of the docs: a row for each operation."""
    rows = [(f"`{METHODS[one.name]}`<br>`{one.name}`", *facts(one)) for one in OPERATIONS.values()]
    return list(table(HEAD, rows))


def short() -> list[str]:
    """The table of the README: operations with the same limits in one row."""
    rows: list[tuple[str, ...]] = [(f"`{METHODS[name]}`", *facts(OPERATIONS[name])[:-1]) for name in SPECIAL]
    for prefix, label in (("catalog_", "other `catalogs.*`"), ("", "all others")):
        others = [one for one in OPERATIONS.values() if one.name not in SPECIAL and one.name.startswith(prefix)]
        if not prefix:
            others = [one for one in others if not one.name.startswith("catalog_")]
        (shared,) = {facts(one)[:3] for one in others}
        caps = [f"{number(one.max_items)} (`{METHODS[one.name]}`)" for one in others if one.max_items]
        rows.append((label, *shared, ", ".join(sorted(caps))))
    return list(table(("Call", *HEAD[1:-1]), rows))


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(row)} |".replace("|  |", "| |")


def facts(operation: Operation) -> tuple[str, str, str, str, str]:
    limits = operation.limits
    return (
        "; ".join(map(documented, limits)),
        "; ".join(dict.fromkeys(SOURCES[fact.rate, fact.per, fact.unit] for fact in limits)),
        "; ".join(pace(fact, operation) for fact in limits),
        number(operation.max_items) if operation.max_items else "",
        replay(operation),
    )


def documented(fact: LimitFact) -> str:
    burst = f", burst {number(fact.burst)}" if fact.burst else ""
    return f"{number(fact.rate)} {fact.unit if fact.rate != 1 else 'request'} {span(fact)}{burst}{condition(fact)}"


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
    return {1.0: "a second", 3600.0: "an hour"}[fact.per]


def number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", " ")


if __name__ == "__main__":
    print("\n".join([*short(), "", *full()]))
