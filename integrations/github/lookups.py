"""What one open GitHub has learned and need not ask for again: organizations, teams, node ids, profiles."""

from threading import Lock

from integrations.codehost import RemoteOrganization, RemoteTeam
from integrations.errors import NotFound
from integrations.fields import JsonObject, as_object, read_text
from integrations.github.convert import convert_organization, convert_team
from integrations.http import HttpClient
from integrations.urls import url_path


class Lookups:
    """Threads may share it. It lives as long as one job, so nothing in it grows old."""

    def __init__(self, http: HttpClient, *, base_url: str) -> None:
        self._http = http
        self._base_url = base_url
        self._organizations: dict[str, JsonObject] = {}
        self._teams: dict[str, RemoteTeam] = {}
        self._nodes: dict[str, str] = {}
        self._profiles: dict[str, JsonObject] = {}
        self._organization_lock, self._profile_lock = Lock(), Lock()

    def organization_row(self, organization_id: str) -> JsonObject:
        """The organization as GitHub describes it. Asked for once, even by several threads."""
        with self._organization_lock:
            if organization_id not in self._organizations:
                document = self._http.get_json(url_path("organizations", organization_id))
                self._organizations[organization_id] = as_object(document, "the organization")
            return self._organizations[organization_id]

    def organization(self, organization_id: str) -> RemoteOrganization:
        """The organization by its id."""
        return convert_organization(self.organization_row(organization_id), base_url=self._base_url)

    def remember_team(self, team: RemoteTeam) -> None:
        """Keep a team that was listed."""
        self._teams[team.remote_id] = team

    def team(self, team_id: str) -> RemoteTeam:
        """A team by its id, asked for unless it was listed before."""
        if team_id not in self._teams:
            row = as_object(self._http.get_json(team_path(team_id)), "the team")
            organization = self.organization(team_id.partition("/")[0])
            self.remember_team(convert_team(row, organization, base_url=self._base_url))
        return self._teams[team_id]

    def remember_node(self, row: JsonObject, repository_id: str) -> None:
        """Keep what GraphQL calls a repository."""
        self._nodes[repository_id] = read_text(row, "node_id")

    def node_id(self, repository_id: str) -> str:
        """What GraphQL calls a repository, asked for unless it was listed before."""
        if repository_id not in self._nodes:
            row = self._http.get_json(url_path("repositories", repository_id))
            self.remember_node(as_object(row, "the repository"), repository_id)
        return self._nodes[repository_id]

    def profile(self, account_id: str) -> JsonObject:
        """An account as everybody may see it, with the login that it has now. Asked for once. Raises NotFound."""
        with self._profile_lock:
            if account_id not in self._profiles:
                document = self._http.get_json(url_path("user", account_id))
                self._profiles[account_id] = as_object(document, "the account")
            return self._profiles[account_id]


def team_path(team_id: str) -> str:
    """The path of a team. Raises NotFound for the id of something else."""
    organization_id, _, number = team_id.partition("/")
    if not (organization_id.isdigit() and number.isdigit()):
        raise NotFound(f"{team_id!r} is no team")
    return url_path("organizations", organization_id, "team", number)
