"""A document on its way in: converted, if it is OpenAPI 3.0, repaired, and then validated.

`repairs.yaml` is an overlay on the vendor's own words, for what strict validation refuses and the client does not mind.
The file in `openapi/` stays as it came, byte for byte, so a repair holds over pulls. One that is not needed is told.
"""

from __future__ import annotations

from typing import NamedTuple

from codegen import convert, document, yamlfile
from codegen.document import Json
from codegen.generate import overlay
from codegen.layout import Layout


class Opened(NamedTuple):
    document: Json
    notes: list[str]
    """What was done to it, and which repairs were not needed."""


def read(layout: Layout) -> Opened:
    """The document in the tree, once its bytes are known to be those that the lock file names."""
    document.check_lock(layout.document, layout.lock)
    found = yamlfile.parse_untrusted(layout.document.read_bytes(), str(layout.document))
    return opened(found, layout, str(layout.document))


def opened(found: Json, layout: Layout, where: str) -> Opened:
    """A document that was parsed. Refuses what is not valid even so."""
    notes = []
    if convert.is_older(found):
        notes.append(f"{where} is OpenAPI {found['openapi']}: read as 3.1")
        found = convert.converted(found)
    found, idle = overlay.tried(found, layout.repairs)
    notes += [f"no longer needed: {error}" for error in idle]
    document.validate(found, where, f"Repair it by an action in {layout.repairs}, or replace it.")
    return Opened(found, notes)
