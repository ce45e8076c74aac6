"""Each page of the site as Markdown beside its HTML, and `llms.txt`, which lists them: for tools that read text.

A guide is its own source. In a page of the reference, each `:::` is replaced by signatures and docstrings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import griffe
from mkdocs.utils.yaml import yaml_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

_DIRECTIVE = re.compile(r"^::: (?P<name>[\w.]+)\n(?P<options>(?:(?: {4}.*)?\n)*)", re.MULTILINE)
_HIDDEN = re.compile(r"^<!-- .*?-->\n*", re.MULTILINE | re.DOTALL)


class Texts:
    """What was read of the pages, until the site is there to write it into."""

    nav: Navigation
    pages: dict[str, str]

    def __init__(self) -> None:
        self.pages = {}


texts = Texts()


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    texts.pages.clear()
    texts.nav = nav


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    texts.pages[markdown_uri(page)] = _HIDDEN.sub("", markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Write `guides/limits.md` beside `guides/limits.html`, and so on."""
    package = griffe.load("batch_api", search_paths=["."], resolve_aliases=True)
    site = Path(config.site_dir)
    for name, markdown in texts.pages.items():
        file = site / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(spelled_out(markdown, package), encoding="utf-8")
    (site / "llms.txt").write_text("\n".join(listing(config)), encoding="utf-8")


def markdown_uri(page: Page) -> str:
    """Where the Markdown of a page is: beside its HTML, under the same name."""
    return page.file.dest_uri.removesuffix(".html") + ".md"


def listing(config: MkDocsConfig) -> Iterator[str]:
    """The pages in the order of the navigation, each with its description."""
    yield from (f"# {config.site_name}", "", f"> {config.site_description}", "")
    section = None
    for page in texts.nav.pages:
        top = [*page.ancestors][-1].title
        if top != section:
            yield from (["", f"## {top}", ""] if section else [f"## {top}", ""])
            section = top
        address = (config.site_url or "") + markdown_uri(page)
        yield f"- [{page.title}]({address}): {page.meta.get('description', '')}"
    yield ""


def spelled_out(markdown: str, package: Any) -> str:
    """A page with what its `:::` lines stand for."""

    def described(directive: re.Match[str]) -> str:
        options = (yaml_load(directive["options"]) or {}).get("options", {})
        _, _, path = directive["name"].partition(".")
        return "\n".join(description(package[path], options, 2)) + "\n"

    return _DIRECTIVE.sub(described, markdown)


def description(thing: Any, options: dict[str, Any], level: int) -> Iterator[str]:
    """Heading, signature, docstring, and the same of what is public in it."""
    if options.get("show_root_heading", True):
        yield from (f"{'#' * level} {thing.name}", "")
        if thing.is_function or (thing.is_class and "__init__" in thing.all_members):
            yield from ("```python", signature(thing), "```", "")
        elif thing.is_attribute and thing.annotation is not None:
            yield from (f"`{thing.annotation}`", "")
        if thing.has_docstring:
            yield from (thing.docstring.value, "")
        level += 1
    for member in members(thing, options):
        yield from description(member, {}, level)


def signature(thing: Any) -> str:
    """How a function or a class is called."""
    if thing.is_function:
        return f"{'async ' if 'async' in thing.labels else ''}def {thing.signature()}"
    return f"class {thing.signature()}"


def members(thing: Any, options: dict[str, Any]) -> Iterator[Any]:
    """What is public in a module or class, or what the options name, in their order."""
    if thing.is_function or thing.is_attribute:
        return
    found = thing.all_members if options.get("inherited_members") else thing.members
    hidden = re.compile("|".join(pattern.removeprefix("!") for pattern in options.get("filters", ["^_"])))
    wanted = options.get("members") or [name for name, one in found.items() if not one.is_alias]
    for name in wanted:
        if name in found and not hidden.search(name):
            member = found[name]
            yield member.final_target if member.is_alias else member
