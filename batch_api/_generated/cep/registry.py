"""Every operation of the API, with all that is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..._operation import Api, Condition, LimitFact, Operation
from .document import SERVER_URL
from .keys import KEYS

AUDIENCE_CREATE = Operation(
    name="audience_create",
    method="POST",
    path="/audiences/create",
    success=(202,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
AUDIENCE_LIST = Operation(
    name="audience_list",
    method="GET",
    path="/audiences/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
AUDIENCE_REMOVE = Operation(
    name="audience_remove",
    method="POST",
    path="/audiences/remove",
    success=(202,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
AUDIENCE_REPLACE = Operation(
    name="audience_replace",
    method="POST",
    path="/audiences/replace",
    success=(202,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("ids",),
    max_items=10000,
    replay=True,
    instead="replace with the first of them, then add the rest with audiences.update",
)
AUDIENCE_UPDATE = Operation(
    name="audience_update",
    method="POST",
    path="/audiences/update",
    success=(202,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("ids",),
    max_items=10000,
    replay=True,
)
AUDIENCE_VIEW = Operation(
    name="audience_view",
    method="GET",
    path="/audiences/view",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
CAMPAIGN_CREATE = Operation(
    name="campaign_create",
    method="POST",
    path="/campaigns/create",
    success=(
        200,
        201,
    ),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
)
CAMPAIGN_DELETE = Operation(
    name="campaign_delete",
    method="POST",
    path="/campaigns/delete",
    success=(
        200,
        204,
    ),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
CAMPAIGN_UPDATE = Operation(
    name="campaign_update",
    method="POST",
    path="/campaigns/update",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    replay_unless=Condition(
        path=(
            "campaign",
            "state",
        ),
        equals="RUNNING",
    ),
)
CATALOG_CREATE = Operation(
    name="catalog_create",
    method="POST",
    path="/catalogs/create",
    success=(201,),
    limits=(LimitFact(rate=5.0, headroom=0.008),),
    replay=True,
)
CATALOG_ITEMS_EDIT = Operation(
    name="catalog_items_edit",
    method="POST",
    path="/catalogs/items/edit",
    success=(202,),
    limits=(
        LimitFact(rate=5.0, headroom=0.008),
        LimitFact(rate=1000.0, unit="items", headroom=0.008),
    ),
    items=("items",),
    max_items=200,
    replay=True,
)
CATALOG_LIST = Operation(
    name="catalog_list",
    method="GET",
    path="/catalogs/list",
    success=(200,),
    limits=(LimitFact(rate=5.0, headroom=0.008),),
    replay=True,
)
CATALOG_REMOVE = Operation(
    name="catalog_remove",
    method="POST",
    path="/catalogs/remove",
    success=(202,),
    limits=(LimitFact(rate=5.0, headroom=0.008),),
    replay=True,
)
CATALOG_UPDATE = Operation(
    name="catalog_update",
    method="POST",
    path="/catalogs/update",
    success=(202,),
    limits=(LimitFact(rate=5.0, headroom=0.008),),
    replay=True,
)
CATALOG_VIEW = Operation(
    name="catalog_view",
    method="GET",
    path="/catalogs/view",
    success=(200,),
    limits=(LimitFact(rate=5.0, headroom=0.008),),
    replay=True,
)
EXPORT_DOWNLOAD = Operation(
    name="export_download",
    method="GET",
    path="/exports/download",
    success=(307,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
EXPORT_LIST = Operation(
    name="export_list",
    method="GET",
    path="/exports/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
EXPORT_VIEW = Operation(
    name="export_view",
    method="GET",
    path="/exports/view",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
ORCHESTRATION_LIST = Operation(
    name="orchestration_list",
    method="GET",
    path="/orchestrations/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
ORCHESTRATION_STATS = Operation(
    name="orchestration_stats",
    method="GET",
    path="/orchestrations/stats",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
ORCHESTRATION_VIEW = Operation(
    name="orchestration_view",
    method="GET",
    path="/orchestrations/view",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)
PROFILE_EXPORT = Operation(
    name="profile_export",
    method="POST",
    path="/profiles/export",
    success=(202,),
    limits=(
        LimitFact(rate=1.0, spacing=0.02),
        LimitFact(
            rate=5.0,
            per=3600.0,
            burst=10.0,
            when=Condition(
                path=(
                    "filter",
                    "segment",
                )
            ),
        ),
    ),
)
PROFILE_MASS_UPDATE = Operation(
    name="profile_mass_update",
    method="POST",
    path="/profiles/mass-update",
    success=(
        200,
        202,
    ),
    limits=(LimitFact(rate=10000.0, unit="items", spacing=0.02),),
    items=(),
    max_items=10000,
    replay=True,
    replay_unless=Condition(
        path=(
            "*",
            "events",
        )
    ),
)
PROFILE_UPDATE = Operation(
    name="profile_update",
    method="POST",
    path="/profiles/update",
    success=(
        200,
        202,
    ),
    limits=(LimitFact(rate=300.0, unit="items", burst=1000.0),),
    items=(),
    max_items=200,
    replay=True,
    replay_unless=Condition(
        path=(
            "*",
            "events",
        )
    ),
    instead="profiles.mass_update takes 10000",
)
SEGMENT_LIST = Operation(
    name="segment_list",
    method="GET",
    path="/segments/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
)

UNDOCUMENTED = Operation(
    name="", method="", path="", success=(), limits=(LimitFact(rate=1.0, group="undocumented", spacing=0.02),)
)
"""What is assumed of an operation that the document does not have. All of them draw on one bucket."""

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            AUDIENCE_CREATE,
            AUDIENCE_LIST,
            AUDIENCE_REMOVE,
            AUDIENCE_REPLACE,
            AUDIENCE_UPDATE,
            AUDIENCE_VIEW,
            CAMPAIGN_CREATE,
            CAMPAIGN_DELETE,
            CAMPAIGN_UPDATE,
            CATALOG_CREATE,
            CATALOG_ITEMS_EDIT,
            CATALOG_LIST,
            CATALOG_REMOVE,
            CATALOG_UPDATE,
            CATALOG_VIEW,
            EXPORT_DOWNLOAD,
            EXPORT_LIST,
            EXPORT_VIEW,
            ORCHESTRATION_LIST,
            ORCHESTRATION_STATS,
            ORCHESTRATION_VIEW,
            PROFILE_EXPORT,
            PROFILE_MASS_UPDATE,
            PROFILE_UPDATE,
            SEGMENT_LIST,
        )
    }
)

API = Api(
    name="cep",
    operations=OPERATIONS,
    undocumented=UNDOCUMENTED,
    server_url=SERVER_URL,
    key_header="Authorization",
    key_scheme="Bearer",
    scope="project",
    scope_header="X-Batch-Project",
    scope_parameter=None,
    error_code="error_code",
    error_message="error_message",
    maintenance="MAINTENANCE_ERROR",
    keys=KEYS,
)
