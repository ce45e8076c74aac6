"""What changes in the calls that the API makes: nothing is generated from them, and whoever receives them must know."""

from __future__ import annotations

from pathlib import Path

from codegen.diff.changes import Change
from codegen.diff.compare import changes
from codegen.document import Json
from codegen.generate.normalise import normalise
from codegen.names import Names

_MEANS = "nothing is generated from it: whoever receives such calls must look at it"


def webhook_changes(old: Json, new: Json) -> list[Change]:
    """The differences between the webhooks of two documents, read as if they were operations of an API of their own."""
    before, after = (_webhooks(document) for document in (old, new))
    return [
        change._replace(
            where=f"webhook {change.where}", side="", what=change.what.replace("operation", "webhook"), means=_MEANS
        )
        for change in changes(before, after)
    ]


def _webhooks(document: Json) -> Json:
    paths = {f"/{name}": item for name, item in document.get("webhooks", {}).items()}
    alone = {"info": {}, "paths": paths, "components": document.get("components", {})}
    return normalise(alone, Names(Path(), {}, {}, [], {})).document
