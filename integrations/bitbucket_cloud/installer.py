"""Webhooks of workspaces (for their owners) and repositories: list, create or repair, remove.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-webhooks/ — the address must be public: Bitbucket refuses
names and addresses of internal networks.
"""

from collections.abc import Iterator

from integrations.bitbucket_cloud.convert import convert_hook, read_uuid
from integrations.bitbucket_cloud.source import repository_path
from integrations.codehost import HookLevel, RemoteHook
from integrations.errors import Rejected
from integrations.fields import Json, JsonObject, as_object, find_text, read_text
from integrations.http import HttpClient
from integrations.paging import NEXTS
from integrations.urls import parse_url, url_path

EVENTS = {
    HookLevel.ORGANIZATION: ("repo:push", "repo:created", "repo:updated", "repo:deleted", "repo:transfer"),
    HookLevel.REPOSITORY: ("repo:push", "repo:updated", "repo:deleted"),
}
SUBJECTS = {HookLevel.ORGANIZATION: "workspace", HookLevel.REPOSITORY: "repository"}
DESCRIPTION = "Repertory"


class BitbucketCloudHookInstaller:
    """The `HookInstaller` of Bitbucket Cloud."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._events: dict[HookLevel, list[Json]] = {}
        self._refusals: dict[str, Rejected] = {}  # by the host of the URL: it is no better for the next repository

    def list_hooks(self, level: HookLevel, parent_id: str) -> Iterator[RemoteHook]:
        """All hooks, also those of others."""
        yield from (convert_hook(row) for row in self._rows(level, parent_id))

    def ensure_hook(self, level: HookLevel, parent_id: str, *, url: str, secret: str) -> RemoteHook:
        """The hook with this URL, created or set right again; copies of it are removed.

        The secret is always sent, so that it is the one we know. Raises Forbidden (a workspace's hooks are its owners'
        business), NotFound, or Rejected when Bitbucket does not want the URL (an internal address).
        """
        if (refusal := self._refusals.get(parse_url(url).host)) is not None:
            raise Rejected(str(refusal), status=refusal.status, reason=refusal.reason)
        same = [row for row in self._rows(level, parent_id) if find_text(row, "url") == url]
        oldest = sorted(same, key=lambda row: (find_text(row, "created_at"), read_uuid(row)))
        payload: JsonObject = {
            "description": DESCRIPTION,
            "url": url,
            "active": True,
            "secret": secret,
            "events": self._wanted_events(level),
        }
        for copy in oldest[1:]:
            self.remove_hook(level, parent_id, read_uuid(copy))
        try:
            return self._write(_hooks_path(level, parent_id), oldest[:1], payload)
        except Rejected as error:
            if "url" in error.reason.lower():
                self._refusals[parse_url(url).host] = error
            raise

    def remove_hook(self, level: HookLevel, parent_id: str, remote_id: str) -> None:
        """Remove a hook. Raises NotFound when it is gone already."""
        self._http.delete(_hooks_path(level, parent_id) + url_path(remote_id))

    def _write(self, path: str, existing: list[JsonObject], payload: JsonObject) -> RemoteHook:
        if existing:
            row = self._http.put_json(path + url_path(read_uuid(existing[0])), payload)
        else:
            row = self._http.post_json(path, payload)
        return convert_hook(as_object(row, "the hook"))

    def _rows(self, level: HookLevel, parent_id: str) -> Iterator[JsonObject]:
        return self._http.paginate(_hooks_path(level, parent_id), key=read_uuid, style=NEXTS)

    def _wanted_events(self, level: HookLevel) -> list[Json]:
        """Of the events that we listen to, those that Bitbucket offers for this subject; asked once."""
        if level not in self._events:
            path = "/2.0" + url_path("hook_events", SUBJECTS[level])
            offered = {read_text(row, "event") for row in self._http.paginate(path, key="event", style=NEXTS)}
            self._events[level] = [event for event in EVENTS[level] if event in offered]
        return self._events[level]


def _hooks_path(level: HookLevel, parent_id: str) -> str:
    if level is HookLevel.REPOSITORY:
        return repository_path(parent_id, "hooks")
    return "/2.0" + url_path("workspaces", parent_id, "hooks")
