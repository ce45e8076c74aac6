"""The limits that a schema sets to its values, in words: what the prose beside it does not say already."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.prose import numbers
from codegen.schema import Schema

_SIZES = {"Length": ("character", "characters"), "Items": ("item", "items"), "Properties": ("entry", "entries")}


def in_words(schema: Schema, said: str = "") -> str:
    """Sentences about sizes, ranges, patterns and what is deprecated; empty if `said` has it all."""
    known = set(numbers(said))
    sentences = [] if "deprecated" in said.lower() or not schema.get("deprecated") else ["Deprecated."]
    sentences += [text for text, figures in _bounds(schema) if not set(figures) <= known]
    items = schema.get("items")
    if isinstance(items, dict) and "$ref" not in items:
        sentences += [
            f"Each: {text[0].lower()}{text[1:]}" for text, figures in _bounds(items) if not set(figures) <= known
        ]
    if (pattern := schema.get("pattern")) and pattern not in said:
        sentences.append(f"Matches `{pattern}`.")
    return " ".join(sentences)


def _bounds(schema: Schema) -> Iterator[tuple[str, list[int]]]:
    for word, (one, many) in _SIZES.items():
        least, most = schema.get(f"min{word}") or 0, schema.get(f"max{word}")
        if most is not None:
            text = f"At most {most}" if not least else f"Exactly {most}" if least == most else f"{least} to {most}"
            yield f"{text} {one if most == 1 else many}.", [most]
        elif least:
            yield f"At least {least} {one if least == 1 else many}.", [least]
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        yield f"From {low} to {high}.", [high]
    elif high is not None:
        yield f"At most {high}.", [high]
    elif low is not None:
        yield f"At least {low}.", [low]
    if (above := schema.get("exclusiveMinimum")) is not None:
        yield f"More than {above}.", [above]
    if (below := schema.get("exclusiveMaximum")) is not None:
        yield f"Less than {below}.", [below]
