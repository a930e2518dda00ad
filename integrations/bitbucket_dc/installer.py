"""Webhooks of projects (from 8.8 on) and repositories: list, create or repair, remove.

https://developer.atlassian.com/server/bitbucket/rest/v904/api-group-repository/ — a PUT replaces the whole hook:
what is left out is lost, also the secret, and TLS would not be checked any more.
"""

from collections.abc import Iterator

from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.convert import convert_hook, convert_version, version_numbers
from integrations.bitbucket_dc.places import Places
from integrations.bitbucket_dc.remembered import Remembered
from integrations.codehost import HookLevel, RemoteHook
from integrations.errors import Forbidden, NotFound
from integrations.fields import Json, JsonObject, as_object, find_flag, find_object, find_text, find_texts, read_id
from integrations.http import HttpClient
from integrations.paging import STARTS
from integrations.urls import url_path

NAME = "Repertory"
CAPABILITIES = "/rest/webhooks/latest/capabilities"
FIRST_WITH_PROJECT_HOOKS = (8, 8)
ALWAYS_KNOWN = frozenset({"repo:refs_changed", "repo:modified"})
_OF_REPOSITORIES = frozenset({*ALWAYS_KNOWN, "mirror:repo_synchronized"})
WANTED = {
    HookLevel.REPOSITORY: _OF_REPOSITORIES,
    HookLevel.ORGANIZATION: _OF_REPOSITORIES | {"project:modified"},
}


class BitbucketDcHookInstaller:
    """The `HookInstaller` of Bitbucket Data Center."""

    def __init__(self, http: HttpClient, places: Places) -> None:
        self._http = http
        self._places = places
        self._versions: Remembered[tuple[int, ...]] = Remembered()
        self._events: Remembered[frozenset[str]] = Remembered()

    def list_hooks(self, level: HookLevel, parent_id: str) -> Iterator[RemoteHook]:
        """All hooks, also those of others. Raises NotFound for projects on a Bitbucket before 8.8."""
        yield from (convert_hook(row) for row in self._list_rows(self._path(level, parent_id)))

    def ensure_hook(self, level: HookLevel, parent_id: str, *, url: str, secret: str) -> RemoteHook:
        """The hook with this URL, created or set right again where it differs; copies of it are removed.

        Raises Forbidden without REPO_ADMIN or PROJECT_ADMIN, NotFound, or Rejected.
        """
        path = self._path(level, parent_id)
        same = sorted((row for row in self._list_rows(path) if find_text(row, "url") == url), key=_age)
        events = self._events_for(level)
        if not same:
            return _hook(self._http.post_json(path, _payload({}, url, secret, events)))
        for copy in same[1:]:
            self._http.delete(path + url_path(read_id(copy)))
        if _is_right(same[0], secret, events):
            return convert_hook(same[0])
        payload = _payload(same[0], url, secret, events)
        return _hook(self._http.put_json(path + url_path(read_id(same[0])), payload))

    def remove_hook(self, level: HookLevel, parent_id: str, remote_id: str) -> None:
        """Remove a hook. Raises NotFound when it is gone already."""
        self._http.delete(self._path(level, parent_id) + url_path(remote_id))

    def _list_rows(self, path: str) -> list[JsonObject]:
        return list(self._http.paginate(path, style=STARTS))

    def _path(self, level: HookLevel, parent_id: str) -> str:
        if level is HookLevel.REPOSITORY:
            return f"{self._places.repository_path(parent_id)}/webhooks"
        if self._version() < FIRST_WITH_PROJECT_HOOKS:
            raise NotFound("projects have webhooks from Bitbucket 8.8 on; here each repository gets its own")
        return f"{self._places.project_path(parent_id)}/webhooks"

    def _version(self) -> tuple[int, ...]:
        return self._versions.find_or_read("", self._read_version)

    def _read_version(self) -> tuple[int, ...]:
        return version_numbers(convert_version(self._http.get_json(f"{API}/application-properties")).version)

    def _events_for(self, level: HookLevel) -> tuple[str, ...]:
        """What we want and this version knows: one unknown event, and it refuses the whole hook."""
        return tuple(sorted(WANTED[level] & self._events.find_or_read("", self._read_events)))

    def _read_events(self) -> frozenset[str]:
        try:
            row = as_object(self._http.get_json(CAPABILITIES), "the webhook capabilities")
        except (Forbidden, NotFound):
            return ALWAYS_KNOWN
        return frozenset(find_texts(row, "application-webhooks")) or ALWAYS_KNOWN


def _hook(document: Json) -> RemoteHook:
    return convert_hook(as_object(document, "the hook"))


def _payload(row: JsonObject, url: str, secret: str, events: tuple[str, ...]) -> JsonObject:
    """The whole hook; what an administrator chose in an existing one stays: its name, and whether TLS is checked."""
    is_tls_checked = find_flag(row, "sslVerificationRequired")
    return {
        "name": find_text(row, "name") or NAME,
        "url": url,
        "active": True,
        "events": list(events),
        "configuration": {**(find_object(row, "configuration") or {}), "secret": secret},
        "sslVerificationRequired": is_tls_checked is not False,
    }


def _is_right(row: JsonObject, secret: str, events: tuple[str, ...]) -> bool:
    """The secret is shown to whoever may install hooks."""
    shown = find_object(row, "configuration") or {}
    is_active = find_flag(row, "active") is not False
    return is_active and frozenset(find_texts(row, "events")) == frozenset(events) and shown.get("secret") == secret


def _age(row: JsonObject) -> int:
    return int(read_id(row))
