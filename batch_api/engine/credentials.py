"""The REST API key and the project's or app's key: checked, kept out of sight, and put on requests only here."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from batch_api._operation import Api
from batch_api.engine.errors import ConfigurationError

_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")

KeySource = str | Callable[[], str]


class Credentials:
    """Who calls, and for which project or app. Shows neither key."""

    __slots__ = ("_api", "_rest_api_key", "alias", "project_key")

    def __init__(self, api: Api, rest_api_key: KeySource, project_key: str, *, alias: str | None = None) -> None:
        if isinstance(rest_api_key, str):
            _check(rest_api_key, "REST API key")
        elif not callable(rest_api_key):
            raise ConfigurationError(
                f"rest_api_key: expected a string or a callable that returns one, got {type(rest_api_key).__name__}."
            )
        _check(project_key, f"{api.scope} key")
        self._api = api
        self._rest_api_key = rest_api_key
        self.project_key = project_key
        self.alias = alias if alias is not None else f"…{project_key[-4:]}"

    def for_project(self, project_key: str, *, alias: str | None = None) -> Credentials:
        """The same key for another project."""
        return Credentials(self._api, self._rest_api_key, project_key, alias=alias)

    def headers(self) -> list[tuple[str, str]]:
        """The headers that authenticate a request. A callable is asked for the key each time, because keys rotate."""
        source = self._rest_api_key
        key = source if isinstance(source, str) else source()
        if key is not source:
            _check(key, "REST API key")
        headers = [(self._api.key_header, f"{self._api.key_scheme} {key}".lstrip())]
        if self._api.scope_header is not None:
            headers.append((self._api.scope_header, self.project_key))
        return headers

    def in_path(self, path: str) -> str:
        """A path with the project's or app's key filled in, for an API that has it in every path."""
        return path.replace(f"{{{self._api.scope_parameter}}}", quote(self.project_key, safe=""))

    def __repr__(self) -> str:
        return f"Credentials({self._api.scope}={self.alias!r})"

    def __reduce__(self) -> str:
        raise TypeError("credentials cannot be pickled: make a client in the other process")


def _check(key: object, name: str) -> None:
    """Checked here, because an HTTP library would quote a key with a newline or a non-ASCII letter in its error."""
    if not isinstance(key, str) or not _HEADER_SAFE.fullmatch(key):
        raise ConfigurationError(f"Expected the {name} to be visible ASCII characters, got {_described(key)}.")


def _described(key: object) -> str:
    if not isinstance(key, str):
        return type(key).__name__
    return "a string with others in it, such as a space or a line end" if key else "an empty string"
