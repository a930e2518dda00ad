"""People, groups and administrators of a Bitbucket Data Center, each list read once for each open host."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote

from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.convert import GROUP_PREFIX, convert_account, convert_emails, convert_group
from integrations.bitbucket_dc.errors import Caller, NoSuch, UnknownEndpoint
from integrations.bitbucket_dc.remembered import Remembered
from integrations.codehost import RemoteAccount, RemoteTeam, Viewer
from integrations.errors import Forbidden, NotFound, Rejected, UnexpectedResponse
from integrations.fields import JsonObject, as_object, read_id, read_text
from integrations.http import HttpClient
from integrations.paging import STARTS
from integrations.urls import Params, url_path

TOKEN_ACCOUNTS = "access-token-user/"  # noqa: S105 -- the accounts behind tokens of projects and repositories


class Accounts:
    """Who there is, as the credential may see it. Threads may share it."""

    def __init__(self, http: HttpClient, caller: Caller, *, base_url: str) -> None:
        self._http = http
        self._caller = caller
        self._base_url = base_url
        self._members: Remembered[tuple[RemoteAccount, ...]] = Remembered()
        self._administrators: Remembered[list[JsonObject]] = Remembered()
        self._licensed: Remembered[frozenset[str] | None] = Remembered()
        self._names: dict[str, str] = {}
        self._may_see_details = True  # until the host says otherwise

    def viewer(self) -> Viewer:
        """The credential's owner: there is no address for that, but every answer names them in a header.

        Raises Unauthorized also when that header is missing, NotFound when nobody is shown who has this name.
        """
        self._http.get_json(f"{API}/application-properties")
        if self._is_token_account():
            return _token_viewer(self._caller.name)
        row = self._find_user(self._caller.name)
        account = replace(convert_account(row, base_url=self._base_url), emails=convert_emails(row))
        is_administrator = any(read_id(each) == account.remote_id for each in self._administrator_rows())
        return Viewer(account, is_administrator=is_administrator)

    def convert(self, row: JsonObject) -> RemoteAccount:
        """A person of a list. Lists do not say who has a licence, without which nobody gets in."""
        licensed = self._licensed.find_or_read("", self._list_licensed)
        is_licensed = licensed is None or read_id(row) in licensed
        return convert_account(row, base_url=self._base_url, is_licensed=is_licensed)

    def administrators(self) -> tuple[RemoteAccount, ...]:
        """Who administers the whole Bitbucket, by whatever grant; nobody, when the credential may not know."""
        return tuple(self.convert(row) for row in self._administrator_rows())

    def team(self, group: str) -> RemoteTeam:
        """A group as a team. How its name is written is remembered: the team's id has it in lower case."""
        team = convert_group(group, base_url=self._base_url)
        self._names[team.remote_id] = group
        return team

    def members(self, team_id: str) -> tuple[RemoteAccount, ...]:
        """The members of a group. A group that is gone has none, although grants to it stay. Raises Forbidden."""
        group = self._names.get(team_id, team_id.removeprefix(GROUP_PREFIX))
        return self._members.find_or_read(team_id, lambda: tuple(self._list_members(group)))

    def _list_members(self, group: str) -> Iterator[RemoteAccount]:
        rows = self._list_with_details(group) if self._may_see_details else None
        return (self.convert(row) for row in (self._list_users({"group": group}) if rows is None else rows))

    def _list_with_details(self, group: str) -> list[JsonObject] | None:
        """None when there is no such group, or when the list is for administrators only, as before 8.6."""
        try:
            return list(self._http.paginate(f"{API}/admin/groups/more-members", {"context": group}, style=STARTS))
        except NoSuch:
            return None
        except (Forbidden, UnknownEndpoint):
            self._may_see_details = False
            return None

    def _administrator_rows(self) -> list[JsonObject]:
        return self._administrators.find_or_read("", self._list_administrators)

    def _list_administrators(self) -> list[JsonObject]:
        try:
            return list(self._list_users({"permission": "ADMIN"}))
        except Forbidden:
            return []

    def _list_licensed(self) -> frozenset[str] | None:
        """None when the host does not say. A list without ourselves in it is not what we asked for."""
        try:
            rows = list(self._list_users({"permission": "LICENSED_USER"}))
        except Forbidden:
            return None
        names = {read_text(row, "name").lower() for row in rows}
        is_known = self._is_token_account() or any(name.lower() in names for name in _readings(self._caller.name))
        return frozenset(read_id(row) for row in rows) if rows and is_known else None

    def _is_token_account(self) -> bool:
        return any(name.startswith(TOKEN_ACCOUNTS) for name in _readings(self._caller.name))

    def _find_user(self, name: str) -> JsonObject:
        """The account with this name. Raises NotFound, UnexpectedResponse where it can be read as that of two."""
        named = {read_id(row): row for reading in _readings(name) for row in self._named(reading)}
        if not named:
            raise NotFound(f"Bitbucket names the owner of the credential {name[:80]!r}, but shows no such account")
        if len(named) > 1:
            raise UnexpectedResponse(f"Bitbucket names the owner of the credential {name[:80]!r}: two could be meant")
        return next(iter(named.values()))

    def _named(self, name: str) -> Iterator[JsonObject]:
        """The account of exactly this name. Its address has the slug, which only often is the name."""
        tries: list[Callable[[str], Iterator[JsonObject]]] = [self._by_slug, self._by_filter]
        rows = (row for attempt in tries for row in attempt(name))
        yield from islice((row for row in rows if read_text(row, "name").lower() == name.lower()), 1)

    def _by_slug(self, name: str) -> Iterator[JsonObject]:
        """Names with a slash or backslash are refused in an address, however they are encoded."""
        try:
            yield as_object(self._http.get_json(f"{API}{url_path('users', name)}"), "the user")
        except (NoSuch, Rejected):
            return

    def _by_filter(self, name: str) -> Iterator[JsonObject]:
        return self._list_users({"filter": name})

    def _list_users(self, params: Params) -> Iterator[JsonObject]:
        return self._http.paginate(f"{API}/users", params, style=STARTS)


def is_token_viewer(viewer: Viewer) -> bool:
    """Whether nobody but a token is behind the credential."""
    return viewer.account.is_bot


def _readings(name: str) -> tuple[str, ...]:
    """A name in a header: as it is written, and as it would be if it was encoded for that."""
    decoded = unquote(name)
    return (name,) if decoded == name else (name, decoded)


def _token_viewer(name: str) -> Viewer:
    """Accounts behind tokens of projects and repositories are in no list."""
    login = _readings(name)[-1]
    return Viewer(RemoteAccount(remote_id=login, login=login, display_name="Access token", is_bot=True))
