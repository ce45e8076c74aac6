"""What each page of the site says about itself: description, version, and pages that live outside of `docs/`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

import batch_api

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

DESCRIPTION_LENGTH = 160
"""Characters that search engines show of a description."""

_NOT_PROSE = re.compile(r"^(?:#|```|:::|\||!\[|<|- |\d+\. |    )")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The footer says which version the pages are of."""
    config.copyright = f"batch_api {batch_api.__version__}, for version {batch_api.DOCUMENT_VERSION} of the API. MIT."
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The changelog, which lives beside the README, is a page, too."""
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")
    files.append(File.generated(config, "changelog.md", content=changelog))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page that has no description of its own is described by its first paragraph."""
    page.meta.setdefault("description", first_sentences(markdown) or config.site_description)
    return markdown


def on_post_build(config: MkDocsConfig) -> None:
    """A sitemap has absolute addresses, so there is none as long as nobody says where the site stands."""
    if not config.site_url:
        for name in ("sitemap.xml", "sitemap.xml.gz"):
            os.remove(os.path.join(config.site_dir, name))


def first_sentences(markdown: str) -> str:
    """The beginning of a page's first paragraph as plain text: whole sentences, if one fits."""
    for paragraph in re.split(r"\n\s*\n", re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)):
        if paragraph.strip() and not _NOT_PROSE.match(paragraph):
            return shortened(plain(paragraph))
    return ""


def plain(markdown: str) -> str:
    """Markdown without its marks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return re.sub(r"\s+", " ", re.sub(r"[`*]", "", text)).strip()


def shortened(text: str) -> str:
    """As many whole sentences as fit; else as many words."""
    if len(text) <= DESCRIPTION_LENGTH:
        return text.rstrip(":")
    beginning = text[:DESCRIPTION_LENGTH]
    sentences, end, _ = beginning.rpartition(". ")
    return f"{sentences}." if end else f"{beginning.rpartition(' ')[0].rstrip(',;:')} …"
