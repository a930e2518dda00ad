"""The JSON forms of people, organizations and teams, as the REST API answers them."""

from datetime import UTC, datetime

from tests.fakes.parts.routing import Json

from .model import Organization, OrganizationMembership, Team, User
from .server_core import Core, node_id

SINCE_TEAM_TYPES = (3, 13)
SINCE_ARCHIVED = (3, 12)


def stamp(moment: datetime | None) -> str | None:
    """GitHub's time format."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def account(core: Core, owner: User | Organization) -> Json:
    """A person or an organization in the short form that both share."""
    is_user = isinstance(owner, User)
    kind = owner.kind if isinstance(owner, User) else "Organization"
    url, web = f"{core.api_url}/users/{owner.login}", f"{core.base_url}/{owner.login}"
    body: Json = {
        "login": owner.login,
        "id": owner.id,
        "node_id": node_id("User" if is_user else "Organization", owner.id),
        "avatar_url": f"{core.base_url}/avatars/u/{owner.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": web,
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": kind,
        "site_admin": isinstance(owner, User) and owner.is_site_admin,
    }
    return body


def profile(core: Core, user: User, *, shows_suspension: bool = False) -> Json:
    """What everybody may see of a person."""
    body = account(core, user) | {
        "name": user.name or None,
        "company": None,
        "blog": "",
        "location": None,
        "email": user.public_email,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.created_at),
    }
    return body | {"suspended_at": stamp(user.suspended_at)} if shows_suspension else body


def own_profile(core: Core, user: User) -> Json:
    """What somebody's own token with the right scope sees."""
    return profile(core, user) | {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def organization(core: Core, each: Organization) -> Json:
    """The short form."""
    url = f"{core.api_url}/orgs/{each.login}"
    return {
        "login": each.login,
        "id": each.id,
        "node_id": node_id("Organization", each.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{core.base_url}/avatars/u/{each.id}?v=4",
        "description": each.description,
    }


def public_organization(core: Core, each: Organization) -> Json:
    """What everybody may see."""
    repos = core.state.repos_of(each.id)
    body = organization(core, each) | {
        "name": each.name,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": sum(repo.visibility == "public" for repo in repos),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{core.base_url}/{each.login}",
        "type": "Organization",
        "created_at": stamp(each.created_at),
        "updated_at": stamp(each.updated_at or each.created_at),
    }
    return body | {"archived_at": None} if core.release >= SINCE_ARCHIVED else body


def full_organization(core: Core, each: Organization) -> Json:
    """What an owner's token with `admin:org` sees."""
    private = sum(repo.visibility != "public" for repo in core.state.repos_of(each.id))
    return public_organization(core, each) | {
        "total_private_repos": private,
        "owned_private_repos": private,
        "private_gists": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "billing_email": None,
        "plan": {"name": "enterprise", "space": 976562499, "private_repos": 999999, "filled_seats": 1, "seats": 1},
        "default_repository_permission": each.base_permission,
        "members_can_create_repositories": True,
        "two_factor_requirement_enabled": False,
        "members_can_create_teams": True,
    }


def organization_membership(core: Core, row: OrganizationMembership) -> Json:
    each, user = core.state.organizations[row.organization_id], core.state.users[row.user_id]
    url = f"{core.api_url}/orgs/{each.login}"
    body: Json = {
        "url": f"{url}/memberships/{user.login}",
        "state": row.state,
        "role": row.role,
        "organization_url": url,
        "organization": organization(core, each),
        "user": account(core, user),
    }
    return body | {"direct_membership": True} if core.release >= SINCE_TEAM_TYPES else body


def team(core: Core, each: Team, **more: object) -> Json:
    """A team with the one above it."""
    parent = core.state.teams.get(each.parent_id or 0)
    return team_part(core, each) | {"parent": None if parent is None else team_part(core, parent)} | more


def team_part(core: Core, each: Team) -> Json:
    home = core.state.organizations[each.organization_id]
    url = f"{core.api_url}/organizations/{home.id}/team/{each.id}"
    body: Json = {
        "id": each.id,
        "node_id": node_id("Team", each.id),
        "url": url,
        "html_url": f"{core.base_url}/orgs/{home.login}/teams/{each.slug}",
        "name": each.name,
        "slug": each.slug,
        "description": each.description,
        "privacy": each.privacy,
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
    }
    if core.release >= SINCE_TEAM_TYPES:
        body |= {"type": "organization", "organization_id": home.id}
    return body


def full_team(core: Core, each: Team) -> Json:
    members = {key for below in core.state.teams_below(each) for key in core.state.team_members.get(below.id, {})}
    return team(core, each) | {
        "created_at": stamp(each.created_at),
        "updated_at": stamp(each.created_at),
        "members_count": len(members),
        "repos_count": len(core.state.team_repos.get(each.id, {})),
        "organization": public_organization(core, core.state.organizations[each.organization_id]),
    }
