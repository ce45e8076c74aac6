"""The pages of models: one for each area of an API, with the models that its operations use.

Written while the site is built, from the generated client, so that a new version of the API's document needs no hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

SHARED = "shared"
"""The page of what several areas use, and of types that stand for a choice."""


class ModelSet(NamedTuple):
    """The models of one API."""

    module: str
    generated: Path
    folder: str
    title: str


SETS = (
    ModelSet("batch_api.models", Path("batch_api/_generated/cep"), "reference/models", "Models"),
    ModelSet("batch_api.app_models", Path("batch_api/_generated/mep"), "reference/app_models", "Legacy models"),
)

_PAGE = """# {title}: {area}

{what} Import them from `{module}`. [All models](../models.md)

::: {module}
    options:
      show_root_heading: false
      show_root_toc_entry: false
      show_root_members_full_path: false
      show_bases: false
      heading_level: 2
      filters: ["!^_", "!^from_dict$", "!^to_dict$", "!^additional_properties$"]
      members: [{members}]
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for models in SETS:
        for area, names in grouped(models.generated).items():
            files.append(File.generated(config, f"{models.folder}/{area}.md", content=page(models, area, names)))
    return files


def page(models: ModelSet, area: str, names: list[str]) -> str:
    """The Markdown of the page of an area."""
    spoken = area.replace("_", " ")
    what = "What several areas use." if area == SHARED else f"What the operations of {spoken} take and return."
    return _PAGE.format(
        title=models.title, area=spoken, what=what, module=models.module, members=", ".join(sorted(names))
    )


def grouped(generated: Path) -> dict[str, list[str]]:
    """Each model of a generated client, under the one area that uses it, or is named after it, or under `SHARED`."""
    imports = {file.stem: imported(file) for file in modules(generated / "models")}
    users: dict[str, set[str]] = defaultdict(set)
    for endpoints in modules(generated / "endpoints"):
        for model in reached(imported(endpoints), imports):
            users[model].add(endpoints.stem)
    groups: dict[str, list[str]] = defaultdict(list)
    for file in modules(generated / "models"):
        groups[area_of(file.stem, users[file.stem])] += public_name(file)
    return dict(sorted(groups.items()))


def modules(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.py") if file.stem != "__init__")


def imported(file: Path) -> set[str]:
    """The modules of models that a module imports."""
    return set(re.findall(r"from \.(?:\.models\.)?([a-z]\w*) import", file.read_text(encoding="utf-8")))


def reached(names: set[str], imports: Mapping[str, set[str]]) -> set[str]:
    """These models, and all that they are made of."""
    found: set[str] = set()
    open_names = names & imports.keys()
    while open_names:
        found |= open_names
        open_names = set().union(*(imports[name] for name in open_names)) - found
    return found


def area_of(model: str, users: set[str]) -> str:
    """Where a model belongs that these areas use."""
    if len(users) == 1:
        return next(iter(users))
    return next((area for area in sorted(users) if model.startswith(area.removesuffix("s"))), SHARED)


def public_name(file: Path) -> list[str]:
    """The class or type that a module of the generated client is for."""
    names = re.findall(r"^(?:class )?([A-Z]\w+)(?:\(|:| =)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for name in names if name.lower() == file.stem.replace("_", "")]
