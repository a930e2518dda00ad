"""GraphQL's users, organizations and teams."""

from collections.abc import Iterable

from .graphql_executor import Ask, Edge, Field, Node
from .model import Organization, Repo, Team, TeamMembership, User
from .rendering import stamp
from .rights import is_member, is_owner, resolved, sees_team
from .server_core import node_id

ORG_SCOPES = ("read:org",)
PERMISSIONS = ("", "READ", "TRIAGE", "WRITE", "MAINTAIN", "ADMIN")
ORDER = {"PUSHED_AT": "pushed_at", "CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "NAME": "name"}


def _avatar(ask: Ask, each: User | Organization) -> str:
    return f"{ask.core.base_url}/avatars/u/{each.id}?v=4"


def _url(ask: Ask, each: User | Organization) -> str:
    return f"{ask.core.base_url}/{each.login}"


USER: dict[str, Field] = {
    "id": Field(lambda ask, each: node_id("User", each.id)),
    "databaseId": Field(lambda ask, each: each.id),
    "login": Field(lambda ask, each: each.login),
    "name": Field(lambda ask, each: each.name or None),
    "email": Field(lambda ask, each: each.public_email or ""),
    "url": Field(_url),
    "avatarUrl": Field(_avatar, arguments=frozenset({"size"})),
    "isSiteAdmin": Field(lambda ask, each: each.is_site_admin),
    "createdAt": Field(lambda ask, each: stamp(each.created_at)),
}


def shown_people(ask: Ask, users: Iterable[int]) -> list[User]:
    """In the order of their numbers; suspended ones as far as this server shows them."""
    found = [ask.core.state.users[key] for key in sorted(users)]
    return [each for each in found if each.is_active or ask.core.lists_suspended]


def _members(ask: Ask, home: Organization) -> list[Edge]:
    rows = ask.core.state.members.get(home.id, {})
    sees_all = ask.caller.is_in(home)
    chosen = [key for key, row in rows.items() if row.is_active and (sees_all or row.is_public)]
    roles = {"admin": "ADMIN", "member": "MEMBER"}
    return [
        Edge(Node("User", user), {"role": roles[rows[user.id].role], "hasTwoFactorEnabled": None})
        for user in shown_people(ask, chosen)
    ]


def _teams(ask: Ask, home: Organization) -> list[Edge]:
    rows = ask.core.state.teams_of(home.id)
    if ask.get("rootTeamsOnly", False):
        rows = [each for each in rows if each.parent_id is None]
    return [Edge(Node("Team", each)) for each in rows if _sees(ask, each)]


def _sees(ask: Ask, team: Team) -> bool:
    home = ask.core.state.organizations[team.organization_id]
    if ask.caller.is_installation:
        return ask.caller.is_in(home)
    return sees_team(ask.core.state, team, ask.caller.user)


def _team(ask: Ask, home: Organization) -> Node | None:
    found = ask.core.state.team_by(home.id, str(ask.get("slug", "")))
    return Node("Team", found) if found is not None and _sees(ask, found) else None


def _repositories(ask: Ask, home: Organization) -> list[Edge]:
    return list_repositories(ask, ask.core.state.repos_of(home.id))


def list_repositories(ask: Ask, rows: list[Repo]) -> list[Edge]:
    """Those that the caller sees, by the filters and in the order that are asked for."""
    rows = [each for each in rows if ask.caller.sees(each) and _fits(ask, each)]
    order = ask.get("orderBy", {"field": "CREATED_AT", "direction": "ASC"})
    name = ORDER.get(str(order.get("field")), "created_at")
    rows.sort(key=lambda each: (getattr(each, name), each.id), reverse=order.get("direction") == "DESC")
    return [Edge(Node("Repository", each)) for each in rows]


def _fits(ask: Ask, repo: Repo) -> bool:
    """`privacy` PRIVATE means everything that is not public."""
    wanted, privacy = ask.get("visibility"), ask.get("privacy")
    is_private = repo.visibility != "public"
    return (
        (wanted is None or repo.visibility.upper() == wanted)
        and (privacy is None or is_private == (privacy == "PRIVATE"))
        and (ask.get("isFork") is None or repo.is_fork == ask.get("isFork"))
        and (ask.get("isArchived") is None or repo.archived == ask.get("isArchived"))
    )


REPOSITORY_FILTERS = frozenset(
    {"affiliations", "ownerAffiliations", "orderBy", "privacy", "visibility", "isFork", "isArchived", "isLocked"}
)
ORGANIZATION: dict[str, Field] = {
    "id": Field(lambda ask, each: node_id("Organization", each.id)),
    "databaseId": Field(lambda ask, each: each.id),
    "login": Field(lambda ask, each: each.login),
    "name": Field(lambda ask, each: each.name),
    "description": Field(lambda ask, each: each.description),
    "url": Field(_url),
    "avatarUrl": Field(_avatar, arguments=frozenset({"size"})),
    "createdAt": Field(lambda ask, each: stamp(each.created_at)),
    "viewerIsAMember": Field(lambda ask, each: is_member(ask.core.state, each, ask.caller.user)),
    "viewerCanAdminister": Field(lambda ask, each: is_owner(ask.core.state, each, ask.caller.user)),
    "membersWithRole": Field(
        _members, "User", is_connection=True, edge={"role": "", "hasTwoFactorEnabled": ""}, scopes=ORG_SCOPES
    ),
    "teams": Field(
        _teams,
        "Team",
        frozenset({"orderBy", "privacy", "role", "rootTeamsOnly", "query", "userLogins", "ldapMapped"}),
        is_connection=True,
        scopes=ORG_SCOPES,
    ),
    "team": Field(_team, "Team", frozenset({"slug"}), scopes=ORG_SCOPES),
    "repositories": Field(_repositories, "Repository", REPOSITORY_FILTERS, is_connection=True),
}
USER["organizations"] = Field(
    lambda ask, user: [
        Edge(Node("Organization", home))
        for home in ask.core.state.organizations.values()
        if is_member(ask.core.state, home, user) and not ask.caller.blocked_by_saml(home)
    ],
    "Organization",
    is_connection=True,
    scopes=ORG_SCOPES,
)


def _team_members(ask: Ask, team: Team) -> list[Edge]:
    """`membership`: ALL with the teams below, IMMEDIATE without, CHILD_TEAM only those."""
    wanted, state = ask.get("membership", "ALL"), ask.core.state
    own = state.team_members.get(team.id, {})
    below: dict[int, TeamMembership] = {}
    for each in state.teams_below(team):
        if each.id != team.id:
            below |= state.team_members.get(each.id, {})
    rows = {"IMMEDIATE": own, "CHILD_TEAM": below}.get(wanted, below | own)
    chosen = [key for key, row in rows.items() if row.is_active]
    edges = [
        Edge(Node("User", user), {"role": _member_role(ask, team, rows[user.id])}) for user in shown_people(ask, chosen)
    ]
    return [edge for edge in edges if ask.get("role") in {None, edge.says["role"]}]


def _member_role(ask: Ask, team: Team, row: TeamMembership) -> str:
    home = ask.core.state.organizations[team.organization_id]
    if is_owner(ask.core.state, home, ask.core.state.users[row.user_id]):
        return "MAINTAINER"
    return row.role.upper() if row.team_id == team.id else "MEMBER"


def _team_repositories(ask: Ask, team: Team) -> list[Edge]:
    """Those of the teams above, too, with the strongest role."""
    state, found = ask.core.state, dict[int, int]()
    for each in state.team_chain(team):
        for key, role in state.team_repos.get(each.id, {}).items():
            found[key] = max(found.get(key, 0), resolved(state, team.organization_id, role, "Team").rank)
    rows = [state.repos[key] for key in sorted(found) if ask.caller.sees(state.repos[key])]
    return [Edge(Node("Repository", each), {"permission": PERMISSIONS[found[each.id]]}) for each in rows]


def _parent(ask: Ask, team: Team) -> Node | None:
    parent = ask.core.state.teams.get(team.parent_id or 0)
    return None if parent is None else Node("Team", parent)


def _team_url(ask: Ask, team: Team) -> str:
    home = ask.core.state.organizations[team.organization_id]
    return f"{ask.core.base_url}/orgs/{home.login}/teams/{team.slug}"


TEAM: dict[str, Field] = {
    "id": Field(lambda ask, each: node_id("Team", each.id)),
    "databaseId": Field(lambda ask, each: each.id),
    "slug": Field(lambda ask, each: each.slug),
    "combinedSlug": Field(lambda ask, each: f"{ask.core.state.organizations[each.organization_id].login}/{each.slug}"),
    "name": Field(lambda ask, each: each.name),
    "description": Field(lambda ask, each: each.description),
    "privacy": Field(lambda ask, each: "SECRET" if each.privacy == "secret" else "VISIBLE"),
    "url": Field(_team_url),
    "parentTeam": Field(_parent, "Team"),
    "organization": Field(
        lambda ask, each: Node("Organization", ask.core.state.organizations[each.organization_id]), "Organization"
    ),
    "members": Field(
        _team_members,
        "User",
        frozenset({"membership", "role", "orderBy", "query"}),
        is_connection=True,
        edge={"role": ""},
        scopes=ORG_SCOPES,
    ),
    "repositories": Field(
        _team_repositories,
        "Repository",
        frozenset({"orderBy", "query"}),
        is_connection=True,
        edge={"permission": ""},
        scopes=ORG_SCOPES,
    ),
    "childTeams": Field(
        lambda ask, team: [
            Edge(Node("Team", each))
            for each in ask.core.state.teams_of(team.organization_id)
            if each.parent_id == team.id and _sees(ask, each)
        ],
        "Team",
        frozenset({"immediateOnly", "orderBy", "userLogins"}),
        is_connection=True,
        scopes=ORG_SCOPES,
    ),
}
