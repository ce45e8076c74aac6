"""What is sent: profiles of about 400 bytes of JSON, of which three in ten have an event, and catalog items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def has_event(number: int) -> bool:
    """Whether the profile with this number has an event."""
    return number % 10 < 3


def profile(number: int) -> dict[str, Any]:
    """One edit; its id is `customer-` and the number."""
    edit: dict[str, Any] = {
        "identifiers": {"custom_id": f"customer-{number:09d}"},
        "attributes": {
            "$email_address": f"customer{number}@example.org",
            "$language": "fr",
            "$region": "FR",
            "plan": "gold" if number % 7 else "silver",
            "visits": number % 97,
            "score": number / 7,
            "date(member_since)": "2024-05-06T07:08:09Z",
            "url(avatar)": f"https://cdn.example.org/avatars/{number}.png",
            "is_member": True,
            "city": "Lyon",
            "sizes": ["m", "l"],
            "note": "comes by on Saturdays",
        },
    }
    if has_event(number):
        edit["events"] = [{"name": "purchase", "attributes": {"$label": "shoes", "amount": 59.9}}]
    return edit


def catalog_items(count: int) -> Iterator[dict[str, Any]]:
    """Items of a catalog, all different."""
    for number in range(count):
        yield {"id": f"SKU-{number}", "action": "add", "attributes": {"title": f"Trail {number}", "price": 59.9}}
