from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, cast

from attrs import Factory, define

from ...._codec import UNSET, Unset, given, to_json

if TYPE_CHECKING:
    from .export_filter import ExportFilter
    from .export_identifier import ExportIdentifier


@define(kw_only=True)
class ExportAttributesRequest:
    """Snapshot of attributes and identifiers. Ask for at least one of `attributes` and `identifiers`."""

    attributes: list[str] | Unset = UNSET
    """Names of the attributes to export. Native names start with `$`; any other name is a custom attribute, given
    without a wrapper. At least 1 item.
    """
    export_type: Literal["ATTRIBUTES"] = "ATTRIBUTES"
    """Kind of export."""
    filter_: ExportFilter | Unset = UNSET
    """Restricts the export to some profiles."""
    identifiers: list[ExportIdentifier] | Unset = UNSET
    """Identifiers to export."""
    additional_properties: dict[str, Any] = Factory(dict)
    """Fields that are not listed here, under their names in the API."""

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """The model of a JSON object. What is no object, or has another type than documented, is kept as it came."""
        if not isinstance(data, dict):
            return cast("Self", data)
        from .export_filter import ExportFilter

        rest = dict(data)
        return cls(
            attributes=rest.pop("attributes", UNSET),
            export_type=rest.pop("export_type", UNSET),
            filter_=ExportFilter.from_dict(rest.pop("filter", UNSET)),
            identifiers=rest.pop("identifiers", UNSET),
            additional_properties=rest,
        )

    def to_dict(self) -> dict[str, Any]:
        """The model as JSON-ready dicts and lists, all the way down."""
        data: dict[str, Any] = to_json(self)
        return data

    def _json(self) -> dict[str, Any]:
        """The fields that are there, with their values untouched: what a JSON encoder asks for."""
        return self.additional_properties | given(
            {
                "attributes": self.attributes,
                "export_type": self.export_type,
                "filter": self.filter_,
                "identifiers": self.identifiers,
            }
        )
