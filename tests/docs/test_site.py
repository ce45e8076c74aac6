"""The site as it is built: what needs no browser to be seen. `make test-site` looks at it with one."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tools.site.models import SETS, ModelSet, grouped
from tools.site.pages import DESCRIPTION_LENGTH, first_sentences

SITE_URL = "https://docs.example.org/batch/"
REMOTE = re.compile(
    r"<(?:script|img|iframe)\b[^>]*\bsrc=\W?(?:https?:)?//"
    r"|<link\b(?![^>]*\brel=\W?canonical)[^>]*\bhref=\W?(?:https?:)?//|\bunpkg\b|\bcdn\b"
)
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built to stand under a path of a host."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)]
    quiet = {"NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore", "SITE_URL": SITE_URL}
    subprocess.run(command, cwd=ROOT, env=os.environ | quiet, check=True)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, str]:
    return {page.relative_to(site).as_posix(): page.read_text() for page in sorted(site.rglob("*.html"))}


def test_no_page_fetches_anything_from_another_host(pages: dict[str, str]) -> None:
    assert len(pages) > 60
    assert [name for name, html in pages.items() if REMOTE.search(html)] == []


def test_each_page_has_one_title_and_a_description(pages: dict[str, str]) -> None:
    assert {name: html.count("<h1") for name, html in pages.items() if html.count("<h1") != 1} == {}
    described = {name: DESCRIPTION.search(html) for name, html in pages.items() if name != "404.html"}
    assert [name for name, found in described.items() if not found or len(found[1]) < 10] == []
    counts = Counter(found[1] for name, found in described.items() if found and "decisions/" not in name)
    assert [text for text, count in counts.items() if count > 1] == []


def test_each_page_is_there_as_markdown_and_listed(site: Path, pages: dict[str, str]) -> None:
    listed = (site / "llms.txt").read_text()
    for name in pages.keys() - {"404.html"}:
        text = (site / name).with_suffix(".md").read_text()
        assert text.lstrip().startswith(("#", "<")), name
        assert "\n::: " not in text, name
    in_nav = set(re.findall(r"\]\(" + re.escape(SITE_URL) + r"([^)]+)\.md\)", listed))
    assert len(in_nav) > 50
    assert {f"{name}.html" for name in in_nav} <= pages.keys()


def test_the_markdown_of_the_reference_says_what_the_docstrings_say(site: Path) -> None:
    client = (site / "reference" / "client.md").read_text()
    assert "class BatchClient(rest_api_key: str" in client
    assert "### wait_time" in client
    errors = (site / "reference" / "errors.md").read_text()
    assert "## RateLimited" in errors
    assert "_BY_STATUS" not in errors
    assert "### events" in (site / "reference" / "models" / "profiles.md").read_text()


def test_the_reference_names_no_source_that_nobody_can_open(pages: dict[str, str]) -> None:
    assert [name for name, html in pages.items() if name.startswith("reference/") and "fact sheet" in html] == []


def test_the_search_index_is_there_for_the_disk_and_for_a_host(site: Path) -> None:
    assert (site / "search" / "search_index.js").read_text().startswith("var __index = {")
    assert (site / "search" / "search_index.json").exists()
    shim = site / "assets" / "javascripts" / "iframe-worker.js"
    assert "Permission is hereby granted" in shim.read_text()
    assert 'src="assets/javascripts/iframe-worker.js"' in (site / "index.html").read_text()


def test_under_a_path_the_sitemap_and_the_404_page_work(site: Path, pages: dict[str, str]) -> None:
    assert f"<loc>{SITE_URL}guides/limits.html</loc>" in (site / "sitemap.xml").read_text()
    links = re.findall(r'(?:href|src)="([^"#]+)"', pages["404.html"])
    assert links
    assert [link for link in links if not link.startswith(("/batch/", "https://"))] == []


def test_the_changelog_is_a_page(pages: dict[str, str]) -> None:
    assert "Unreleased" in pages["changelog.html"]
    assert 'href="guides/frameworks.html"' in pages["changelog.html"]


@pytest.mark.parametrize("models", SETS, ids=lambda models: models.module)
def test_each_model_is_on_one_page(models: ModelSet, pages: dict[str, str]) -> None:
    names = Counter(name for group in grouped(models.generated).values() for name in group)
    public = {*importlib.import_module(models.module).__all__} - {"UNSET", "Unset"}
    assert names == Counter(public)
    for area, group in grouped(models.generated).items():
        html = pages[f"{models.folder}/{area}.html"]
        assert [name for name in group if f'id="{models.module}.{name}"' not in html] == []


@pytest.mark.parametrize(
    ("markdown", "sentences"),
    [
        ("# A\n\nFirst [one](x.md). Second `two`.\n\nThird.", "First one. Second two."),
        ("# A\n\n```sh\npip\n```\n\n| a |\n\n- b\n\nText:\n", "Text"),
        (f"# A\n\nShort. {'word ' * 60}", "Short."),
        ("# A\n", ""),
    ],
)
def test_a_description_is_the_beginning_of_the_text(markdown: str, sentences: str) -> None:
    assert first_sentences(markdown) == sentences


def test_a_long_sentence_is_cut_between_words() -> None:
    found = first_sentences("# A\n\n" + "word " * 60)
    assert found.endswith("word …")
    assert len(found) <= DESCRIPTION_LENGTH + 2
