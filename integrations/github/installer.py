"""Webhooks of organizations and repositories: list, create or repair, remove.

https://docs.github.com/en/rest/orgs/webhooks and https://docs.github.com/en/rest/repos/webhooks
"""

from collections.abc import Iterator

from integrations.codehost import HookLevel, RemoteHook
from integrations.errors import Rejected
from integrations.fields import Json, JsonObject, as_object
from integrations.github.convert import convert_hook
from integrations.github.pages import list_rows
from integrations.http import HttpClient
from integrations.urls import url_path

REPOSITORY_EVENTS = ("push", "create", "delete", "release", "repository", "public", "team_add", "member", "meta")
ORGANIZATION_EVENTS = (*REPOSITORY_EVENTS, "team", "membership", "organization")
EVENTS = {HookLevel.REPOSITORY: REPOSITORY_EVENTS, HookLevel.ORGANIZATION: ORGANIZATION_EVENTS}
_PARENTS = {HookLevel.REPOSITORY: "repositories", HookLevel.ORGANIZATION: "organizations"}
_EXISTS = "already exists"


class GitHubHookInstaller:
    """The `HookInstaller` of GitHub. Organizations let their owners install, repositories their administrators."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def list_hooks(self, level: HookLevel, parent_id: str) -> Iterator[RemoteHook]:
        """The hooks that the token shows: of an organization only those that our own application made."""
        yield from (convert_hook(row) for row in list_rows(self._http, _path(level, parent_id)))

    def ensure_hook(self, level: HookLevel, parent_id: str, *, url: str, secret: str) -> RemoteHook:
        """The hook with this URL, created or set right again; copies of it are removed.

        GitHub drops a secret that is not sent along with a change, so everything always is. Raises Forbidden or
        NotFound, and Rejected when GitHub does not want the URL, or has it in a hook that it does not show.
        """
        payload = _payload(level, url, secret)
        return self._repair(level, parent_id, url, payload) or self._create(level, parent_id, url, payload)

    def remove_hook(self, level: HookLevel, parent_id: str, remote_id: str) -> None:
        """Remove a hook. Raises NotFound when it is gone already."""
        self._http.delete(_path(level, parent_id) + url_path(remote_id))

    def _repair(self, level: HookLevel, parent_id: str, url: str, payload: JsonObject) -> RemoteHook | None:
        same = sorted((hook for hook in self.list_hooks(level, parent_id) if hook.url == url), key=_age)
        if not same:
            return None
        for copy in same[1:]:
            self.remove_hook(level, parent_id, copy.remote_id)
        address = _path(level, parent_id) + url_path(same[0].remote_id)
        return convert_hook(as_object(self._http.patch_json(address, payload), "the hook"))

    def _create(self, level: HookLevel, parent_id: str, url: str, payload: JsonObject) -> RemoteHook:
        try:
            row = self._http.post_json(_path(level, parent_id), {"name": "web", **payload})
        except Rejected as error:
            repaired = self._repair(level, parent_id, url, payload) if _EXISTS in error.reason else None
            if repaired is None:
                raise
            return repaired
        return convert_hook(as_object(row, "the hook"))


def _payload(level: HookLevel, url: str, secret: str) -> JsonObject:
    events: list[Json] = list(EVENTS[level])
    config: JsonObject = {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
    return {"active": True, "events": events, "config": config}


def _path(level: HookLevel, parent_id: str) -> str:
    return url_path(_PARENTS[level], parent_id, "hooks")


def _age(hook: RemoteHook) -> int:
    return int(hook.remote_id)
