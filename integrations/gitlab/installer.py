"""Webhooks of GitLab groups (Premium) and projects (every edition): list, create or repair, remove.

https://docs.gitlab.com/api/project_webhooks/ and https://docs.gitlab.com/api/group_webhooks/
"""

from collections.abc import Iterator

from integrations.codehost import HookLevel, RemoteHook
from integrations.fields import JsonObject, as_object
from integrations.gitlab import API
from integrations.gitlab.convert import convert_hook, convert_version, hooks_path
from integrations.gitlab.hooks import signing_token
from integrations.http import HttpClient
from integrations.urls import url_path

FIRST_SIGNING_MAJOR = 19
PROJECT_EVENTS = ("push_events", "tag_push_events", "releases_events")
GROUP_EVENTS = (*PROJECT_EVENTS, "member_events", "subgroup_events", "project_events")
EVENTS = {HookLevel.REPOSITORY: PROJECT_EVENTS, HookLevel.ORGANIZATION: GROUP_EVENTS}


class GitLabHookInstaller:
    """The `HookInstaller` of GitLab."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._is_signing: bool | None = None

    def list_hooks(self, level: HookLevel, parent_id: str) -> Iterator[RemoteHook]:
        """All hooks, also those of others. Groups without the feature raise NotFound."""
        yield from (convert_hook(row) for row in self._http.paginate(self._path(level, parent_id)))

    def ensure_hook(self, level: HookLevel, parent_id: str, *, url: str, secret: str) -> RemoteHook:
        """The hook with this URL, created or set right again; copies of it are removed.

        GitLab forgets the token when the URL changes and creates a second hook when asked twice, so both are always
        sent, and existing hooks are looked at first. Raises Forbidden, NotFound, or Rejected when GitLab does not
        want the URL (a private address).
        """
        same = sorted((hook for hook in self.list_hooks(level, parent_id) if hook.url == url), key=_age)
        payload = self._payload(level, url, secret)
        path = self._path(level, parent_id)
        if not same:
            return convert_hook(as_object(self._http.post_json(path, payload), "the hook"))
        for copy in same[1:]:
            self.remove_hook(level, parent_id, copy.remote_id)
        address = path + url_path(same[0].remote_id)
        return convert_hook(as_object(self._http.put_json(address, payload), "the hook"))

    def remove_hook(self, level: HookLevel, parent_id: str, remote_id: str) -> None:
        """Remove a hook. Raises NotFound when it is gone already."""
        self._http.delete(self._path(level, parent_id) + url_path(remote_id))

    def _payload(self, level: HookLevel, url: str, secret: str) -> JsonObject:
        payload: JsonObject = {"url": url, "token": secret, "enable_ssl_verification": True}
        payload.update(dict.fromkeys(EVENTS[level], True))
        if self._signs():
            payload["signing_token"] = signing_token(secret)
        return payload

    def _signs(self) -> bool:
        """Whether this GitLab signs deliveries; asked once."""
        if self._is_signing is None:
            version = convert_version(self._http.get_json(f"{API}/version")).version
            major = version.partition(".")[0]
            self._is_signing = major.isdigit() and int(major) >= FIRST_SIGNING_MAJOR
        return self._is_signing

    def _path(self, level: HookLevel, parent_id: str) -> str:
        return API + url_path(hooks_path(level), parent_id, "hooks")


def _age(hook: RemoteHook) -> int:
    return int(hook.remote_id)
