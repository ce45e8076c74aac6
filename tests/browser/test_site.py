"""What a reader meets: pages that load and fit, links that lead somewhere, a search that finds, a theme to switch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SHOTS, Site

PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

LOOK = """() => ({
    titles: document.querySelectorAll('h1').length,
    ids: [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name),
    links: [...document.querySelectorAll('a[href]')].map(e => e.href),
    broken: [...document.images].filter(e => e.complete && !e.naturalWidth).map(e => e.src),
})"""
WIDTH = "() => document.documentElement.scrollWidth"
TABLES = """() => [...document.querySelectorAll('.md-typeset__scrollwrap')]
    .filter(wrap => wrap.querySelector('table') && wrap.scrollWidth > wrap.clientWidth + 1).length"""
"""Tables that a reader has to move sideways."""


class Visit:
    """What was seen of one page."""

    def __init__(self) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.widths: dict[str, int] = {}
        self.wide_tables: dict[str, int] = {}
        self.look: dict[str, Any] = {}


@pytest.fixture(scope="module")
def visits(site: Site, browser: Browser) -> dict[str, Visit]:
    """Each page, once, at two widths."""
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    visits: dict[str, Visit] = {}
    for name in site.pages:
        visit = visits[name] = Visit()
        listeners: dict[str, Any] = {
            "console": lambda message, visit=visit: visit.console.append(message.text),
            "pageerror": lambda error, visit=visit: visit.console.append(str(error)),
            "request": lambda request, visit=visit: visit.requests.append(request.url),
            "requestfailed": lambda request, visit=visit: visit.failed.append(request.url),
        }
        for event, listener in listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]
        page.goto(site.url + name, wait_until="load")
        for label, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            visit.widths[label] = page.evaluate(WIDTH)
            visit.wide_tables[label] = page.evaluate(TABLES)
        visit.look = page.evaluate(LOOK)
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    page.close()
    return visits


def test_pages_load_without_complaint_and_from_one_host(site: Site, visits: dict[str, Visit]) -> None:
    assert {name: visit.console for name, visit in visits.items() if visit.console} == {}
    assert {name: visit.failed for name, visit in visits.items() if visit.failed} == {}
    foreign = {url for visit in visits.values() for url in visit.requests if not url.startswith((site.url, "data:"))}
    assert foreign == set()
    assert {name: visit.look["broken"] for name, visit in visits.items() if visit.look["broken"]} == {}
    print(f"\n{len(visits)} pages, {sum(len(visit.requests) for visit in visits.values())} requests, 0 elsewhere")


def test_each_page_has_one_title(visits: dict[str, Visit]) -> None:
    assert {name: visit.look["titles"] for name, visit in visits.items() if visit.look["titles"] != 1} == {}


def test_links_and_anchors_lead_somewhere(site: Site, visits: dict[str, Visit]) -> None:
    ids = {name: {*visit.look["ids"]} for name, visit in visits.items()}
    broken, links, anchors = [], 0, 0
    for name, visit in visits.items():
        for link in visit.look["links"]:
            if not link.startswith(site.url):
                continue
            target, _, anchor = link.removeprefix(site.url).partition("#")
            links, anchors = links + 1, anchors + bool(anchor)
            there = not target or (site.folder / target).exists()
            if not there or (anchor and anchor not in ids.get(target or "index.html", {anchor})):
                broken.append((name, link))
    assert broken == []
    print(f"\n{links} links, {anchors} of them to an anchor, 0 broken")


def test_no_page_is_wider_than_a_phone(visits: dict[str, Visit]) -> None:
    assert {name: visit.widths for name, visit in visits.items() if visit.widths["phone"] > PHONE["width"]} == {}


def test_tables_fit_a_desktop(visits: dict[str, Visit]) -> None:
    assert {name: visit.wide_tables["desktop"] for name, visit in visits.items() if visit.wide_tables["desktop"]} == {}
    wide = {name: visit.wide_tables["phone"] for name, visit in visits.items() if visit.wide_tables["phone"]}
    print(f"\ntables that scroll on a phone: {sum(wide.values())} on {len(wide)} pages: {wide}")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
    yield page
    page.close()


WORDS = {
    "retry": "guides/errors.html",
    "rate limit": "guides/limits.html",
    "429": "guides/limits.html",
    "webhook": "cookbook/webhook.html",
    "Django": "guides/frameworks.html",
    "Airflow": "cookbook/nightly-",
    "cron": "cookbook/nightly-",
    "idempotency": "guides/errors.html",
    "proxy": "guides/network.html",
    "timeout": "guides/network.html",
    "pandas": "guides/tables.html",
    "CSV": "guides/files.html",
    "pytest": "guides/testing.html",
    "Kafka": "cookbook/queue-consumer.html",
    "GDPR": "cookbook/gdpr.html",
    "Prometheus": "cookbook/metrics.html",
    "logging": "guides/observing.html",
    "pagination": "guides/lists.html",
}
"""What people type, and the page that should be among the first three."""


@pytest.mark.parametrize("place", ["host", "disk"])
def test_what_people_search_for_leads_to_its_page(place: str, site: Site, page: Page) -> None:
    page.goto(site.url if place == "host" else f"{site.from_disk}index.html")
    missed = {}
    for words, target in WORDS.items():
        found = results(page, words)
        if not any(target in link for link in found[:3]):
            missed[words] = found[:3]
    assert missed == {}


def results(page: Page, words: str) -> list[str]:
    """The pages that the search finds, best first."""
    field = page.locator("input[data-md-component=search-query]")
    field.click()
    field.fill("")
    field.press_sequentially(words)
    meta = page.locator(".md-search-result__meta")
    expect(meta).to_have_text(re.compile("matching document"), timeout=10_000)
    page.wait_for_timeout(300)
    links = page.locator(".md-search-result__item > a.md-search-result__link:first-of-type")
    found = [str(link.get_attribute("href")) for link in links.all()]
    page.keyboard.press("Escape")
    return found


def test_the_theme_switches_and_stays(site: Site, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(site.url)
    body = page.locator("body")
    seen = [body.get_attribute("data-md-color-scheme")]
    for _ in range(2):
        page.locator("label[for^=__palette]:visible").click()
        seen.append(body.get_attribute("data-md-color-scheme"))
    assert seen == ["default", "default", "slate"]
    page.goto(f"{site.url}guides/errors.html")
    assert body.get_attribute("data-md-color-scheme") == "slate"


def test_pictures_follow_the_theme_and_not_the_system(site: Site, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.url}guides/errors.html")
    picture = page.locator("img[src$='life-of-a-request.svg']")
    light = picture.screenshot()
    for _ in range(2):
        page.locator("label[for^=__palette]:visible").click()
    page.wait_for_timeout(300)
    assert picture.screenshot() != light
    dark = picture.evaluate("e => getComputedStyle(e).colorScheme")
    assert dark == "dark"


def test_a_page_that_is_not_there_has_its_styles_under_a_path(site: Site, page: Page) -> None:
    page.goto(f"{site.url}guides/nowhere/at-all.html")
    expect(page.locator("h1")).to_have_text("There is no such page")
    assert page.locator(".md-header").evaluate("e => getComputedStyle(e).position") == "sticky"
    page.get_by_role("link", name="at the start").click()
    expect(page).to_have_url(f"{site.url}index.html")


SHOWN = {
    "home": "index.html",
    "guide": "guides/limits.html",
    "reference": "reference/resources.html",
    "benchmarks": "benchmarks.html",
}


LOOKS = [("desktop", DESKTOP, "light"), ("phone", PHONE, "light"), ("dark", DESKTOP, "dark")]


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize(
    ("label", "viewport", "scheme"),
    [("desktop", DESKTOP, "light"), ("phone", PHONE, "light"), ("dark", DESKTOP, "dark")],
)
def test_screenshots_for_people(
    name: str, label: str, viewport: Any, scheme: Any, site: Site, browser: Browser
) -> None:
    """In `build/screenshots/`."""
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page = context.new_page()
    page.goto(site.url + SHOWN[name])
    page.wait_for_timeout(300)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}-{label}.png")
    context.close()
    assert (SHOTS / f"{name}-{label}.png").stat().st_size > 10_000
