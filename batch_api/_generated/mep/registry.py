"""Every operation of the API, with all that is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..._operation import Api, Condition, Dates, LimitFact, Operation
from .document import SERVER_URL
from .keys import KEYS

APP_DATA_CREATE = Operation(
    name="app_data_create",
    method="POST",
    path="/1.0/{app_key}/app-data/{table_name}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_DATA_DELETE = Operation(
    name="app_data_delete",
    method="DELETE",
    path="/1.0/{app_key}/app-data/{table_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_DATA_LIST = Operation(
    name="app_data_list",
    method="GET",
    path="/1.0/{app_key}/app-data",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_DATA_UPDATE = Operation(
    name="app_data_update",
    method="PATCH",
    path="/1.0/{app_key}/app-data/{table_name}",
    success=(202,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    max_items=10000,
    replay=True,
    counted=(
        "values",
        "*",
    ),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_EXPORT_CAMPAIGN_EVENTS = Operation(
    name="app_export_campaign_events",
    method="POST",
    path="/1.0/{app_key}/export/campaign/{campaign_token}/events",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_EXPORT_CAMPAIGN_IDS = Operation(
    name="app_export_campaign_ids",
    method="POST",
    path="/1.0/{app_key}/export/campaign/{campaign_token}/ids",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
APP_EXPORT_VIEW = Operation(
    name="app_export_view",
    method="GET",
    path="/1.0/{app_key}/export/request/{request_id}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_AUDIENCE_CREATE = Operation(
    name="custom_audience_create",
    method="POST",
    path="/1.0/{app_key}/custom-audience/{audience_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_AUDIENCE_DELETE = Operation(
    name="custom_audience_delete",
    method="DELETE",
    path="/1.0/{app_key}/custom-audience/{audience_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_AUDIENCE_LIST = Operation(
    name="custom_audience_list",
    method="GET",
    path="/1.0/{app_key}/custom-audience",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_AUDIENCE_UPDATE = Operation(
    name="custom_audience_update",
    method="PATCH",
    path="/1.0/{app_key}/custom-audience/{audience_name}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("ids",),
    max_items=10000,
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_AUDIENCE_VIEW = Operation(
    name="custom_audience_view",
    method="GET",
    path="/1.0/{app_key}/custom-audience/{audience_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_DATA_BULK = Operation(
    name="custom_data_bulk",
    method="POST",
    path="/1.0/{app_key}/data/users",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=(),
    max_items=10000,
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_DATA_BULK_DELETE = Operation(
    name="custom_data_bulk_delete",
    method="DELETE",
    path="/1.0/{app_key}/data/users",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=(),
    max_items=10000,
    replay=True,
    items_are_text=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_DATA_DELETE = Operation(
    name="custom_data_delete",
    method="DELETE",
    path="/1.0/{app_key}/data/users/{custom_user_id}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
CUSTOM_DATA_SET = Operation(
    name="custom_data_set",
    method="POST",
    path="/1.0/{app_key}/data/users/{custom_user_id}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
GDPR_REQUEST_CREATE = Operation(
    name="gdpr_request_create",
    method="POST",
    path="/1.0/{app_key}/gdpr/request",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
GDPR_REQUEST_LIST = Operation(
    name="gdpr_request_list",
    method="GET",
    path="/1.0/{app_key}/gdpr/requests",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
GDPR_REQUEST_VIEW = Operation(
    name="gdpr_request_view",
    method="GET",
    path="/1.0/{app_key}/gdpr/request/{request_id}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
IN_APP_CAMPAIGN_CREATE = Operation(
    name="in_app_campaign_create",
    method="POST",
    path="/1.1/{app_key}/in-app-campaigns/create",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
IN_APP_CAMPAIGN_DELETE = Operation(
    name="in_app_campaign_delete",
    method="POST",
    path="/1.1/{app_key}/in-app-campaigns/delete/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
IN_APP_CAMPAIGN_LIST = Operation(
    name="in_app_campaign_list",
    method="GET",
    path="/1.1/{app_key}/in-app-campaigns/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
IN_APP_CAMPAIGN_UPDATE = Operation(
    name="in_app_campaign_update",
    method="POST",
    path="/1.1/{app_key}/in-app-campaigns/update/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
IN_APP_CAMPAIGN_VIEW = Operation(
    name="in_app_campaign_view",
    method="GET",
    path="/1.1/{app_key}/in-app-campaigns/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_CREATE = Operation(
    name="install_audience_create",
    method="POST",
    path="/1.1/{app_key}/custom-audience/{audience_name}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_DELETE = Operation(
    name="install_audience_delete",
    method="DELETE",
    path="/1.1/{app_key}/custom-audience/{audience_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_LIST = Operation(
    name="install_audience_list",
    method="GET",
    path="/1.1/{app_key}/custom-audience",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_REPLACE = Operation(
    name="install_audience_replace",
    method="PUT",
    path="/1.1/{app_key}/custom-audience/{audience_name}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("ids",),
    max_items=10000,
    replay=True,
    instead="replace with the first of them, then add the rest with audiences.update",
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_UPDATE = Operation(
    name="install_audience_update",
    method="PATCH",
    path="/1.1/{app_key}/custom-audience/{audience_name}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("ids",),
    max_items=10000,
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
INSTALL_AUDIENCE_VIEW = Operation(
    name="install_audience_view",
    method="GET",
    path="/1.1/{app_key}/custom-audience/{audience_name}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_CREATE = Operation(
    name="push_campaign_create",
    method="POST",
    path="/1.1/{app_key}/campaigns/create",
    success=(201,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_DELETE = Operation(
    name="push_campaign_delete",
    method="POST",
    path="/1.1/{app_key}/campaigns/delete/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_LIST = Operation(
    name="push_campaign_list",
    method="GET",
    path="/1.1/{app_key}/campaigns/list",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_STATS = Operation(
    name="push_campaign_stats",
    method="GET",
    path="/1.1/{app_key}/campaigns/stats/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_UPDATE = Operation(
    name="push_campaign_update",
    method="POST",
    path="/1.1/{app_key}/campaigns/update/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    replay_only_if=Condition(path=("live",), equals=False),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
PUSH_CAMPAIGN_VIEW = Operation(
    name="push_campaign_view",
    method="GET",
    path="/1.1/{app_key}/campaigns/{campaign_token}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
TRANSACTIONAL_SEND = Operation(
    name="transactional_send",
    method="POST",
    path="/1.1/{app_key}/transactional/send",
    success=(201,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    max_items=10000,
    counted=(
        "recipients",
        "*",
        "*",
    ),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
TRANSACTIONAL_STATS = Operation(
    name="transactional_stats",
    method="GET",
    path="/1.1/{app_key}/transactional/stats/{group_id}",
    success=(200,),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    replay=True,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
TRIGGER_EVENT_BULK = Operation(
    name="trigger_event_bulk",
    method="POST",
    path="/1.0/{app_key}/events/users",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=(),
    max_items=1000,
    counted=(
        "*",
        "events",
        "*",
    ),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
TRIGGER_EVENT_SEND = Operation(
    name="trigger_event_send",
    method="POST",
    path="/1.0/{app_key}/events/users/{custom_user_id}",
    success=(),
    limits=(LimitFact(rate=1.0, spacing=0.02),),
    items=("events",),
    max_items=1000,
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)

UNDOCUMENTED = Operation(
    name="",
    method="",
    path="",
    success=(),
    limits=(LimitFact(rate=1.0, group="undocumented", spacing=0.02),),
    dates=Dates(
        offset=False,
        named=(
            "attributes",
            "values",
        ),
    ),
)
"""What is assumed of an operation that the document does not have. All of them draw on one bucket."""

OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        operation.name: operation
        for operation in (
            APP_DATA_CREATE,
            APP_DATA_DELETE,
            APP_DATA_LIST,
            APP_DATA_UPDATE,
            APP_EXPORT_CAMPAIGN_EVENTS,
            APP_EXPORT_CAMPAIGN_IDS,
            APP_EXPORT_VIEW,
            CUSTOM_AUDIENCE_CREATE,
            CUSTOM_AUDIENCE_DELETE,
            CUSTOM_AUDIENCE_LIST,
            CUSTOM_AUDIENCE_UPDATE,
            CUSTOM_AUDIENCE_VIEW,
            CUSTOM_DATA_BULK,
            CUSTOM_DATA_BULK_DELETE,
            CUSTOM_DATA_DELETE,
            CUSTOM_DATA_SET,
            GDPR_REQUEST_CREATE,
            GDPR_REQUEST_LIST,
            GDPR_REQUEST_VIEW,
            IN_APP_CAMPAIGN_CREATE,
            IN_APP_CAMPAIGN_DELETE,
            IN_APP_CAMPAIGN_LIST,
            IN_APP_CAMPAIGN_UPDATE,
            IN_APP_CAMPAIGN_VIEW,
            INSTALL_AUDIENCE_CREATE,
            INSTALL_AUDIENCE_DELETE,
            INSTALL_AUDIENCE_LIST,
            INSTALL_AUDIENCE_REPLACE,
            INSTALL_AUDIENCE_UPDATE,
            INSTALL_AUDIENCE_VIEW,
            PUSH_CAMPAIGN_CREATE,
            PUSH_CAMPAIGN_DELETE,
            PUSH_CAMPAIGN_LIST,
            PUSH_CAMPAIGN_STATS,
            PUSH_CAMPAIGN_UPDATE,
            PUSH_CAMPAIGN_VIEW,
            TRANSACTIONAL_SEND,
            TRANSACTIONAL_STATS,
            TRIGGER_EVENT_BULK,
            TRIGGER_EVENT_SEND,
        )
    }
)

API = Api(
    name="mep",
    operations=OPERATIONS,
    undocumented=UNDOCUMENTED,
    server_url=SERVER_URL,
    key_header="X-Authorization",
    key_scheme="",
    scope="app",
    scope_header=None,
    scope_parameter="app_key",
    error_code="type",
    error_message="message",
    maintenance="MAINTENANCE_ERROR",
    keys=KEYS,
)
