"""The state of one project in every area of the API, and the operations on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_api.testing.audiences import Audiences
from batch_api.testing.catalogs import Catalogs
from batch_api.testing.exports import Exports
from batch_api.testing.ids import Ids
from batch_api.testing.limits import Limiter, Mode
from batch_api.testing.orchestrations import Orchestrations
from batch_api.testing.profiles import Profiles
from batch_api.testing.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_api.testing.api import Handler
    from batch_api.testing.storage import Storage
    from batch_api.testing.timing import Time


class Project:
    """The state of one project. Tests may read and change it: `fake.project().profiles.by_id["u1"]`."""

    def __init__(
        self,
        time: Time,
        storage: Storage,
        *,
        limits: Mode,
        seed: str,
        index_seconds: float,
        export_seconds: float,
        export_part_bytes: int,
    ) -> None:
        ids = Ids(seed)
        self.limiter = Limiter(limits)
        self.profiles = Profiles(time)
        self.audiences = Audiences(time, ids, index_seconds)
        self.catalogs = Catalogs(time, ids, index_seconds)
        self.orchestrations = Orchestrations(time, ids)
        self.segments = Segments(ids)
        self.exports = Exports(
            time, ids, self.profiles, self.segments, storage, seconds=export_seconds, part_bytes=export_part_bytes
        )
        self.handlers: Mapping[str, Handler] = {
            "profile_update": self.profiles.update,
            "profile_mass_update": self.profiles.update,
            "profile_export": self.exports.create,
            "audience_create": self.audiences.create,
            "audience_update": self.audiences.update,
            "audience_replace": self.audiences.replace,
            "audience_remove": self.audiences.remove,
            "audience_list": self.audiences.list_all,
            "audience_view": self.audiences.view,
            "catalog_create": self.catalogs.create,
            "catalog_update": self.catalogs.update,
            "catalog_remove": self.catalogs.remove,
            "catalog_list": self.catalogs.list_all,
            "catalog_view": self.catalogs.view,
            "catalog_items_edit": self.catalogs.edit_items,
            "campaign_create": self.orchestrations.create,
            "campaign_update": self.orchestrations.update,
            "campaign_delete": self.orchestrations.delete,
            "orchestration_list": self.orchestrations.list_all,
            "orchestration_stats": self.orchestrations.stats,
            "orchestration_view": self.orchestrations.view,
            "export_list": self.exports.list_all,
            "export_view": self.exports.view,
            "export_download": self.exports.download,
            "segment_list": self.segments.list_all,
        }
