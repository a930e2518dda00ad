"""What handlers look up by their paths, and what they refuse."""

import re
from collections.abc import Iterable

from .errors import error, forbidden, not_found, restricted, saml
from .model import Organization, Repo, Team, User
from .rights import sees_team
from .routing import Call


def found_organization(call: Call) -> Organization:
    """Raises ApiError 404, and 403 where SAML or the organization's application policy stands in between."""
    found = call.core.state.organization_by(call.params["org"])
    if found is None:
        raise not_found()
    if call.caller.blocked_by_saml(found):
        raise saml(f"{call.core.base_url}/orgs/{found.login}")
    if call.caller.is_restricted(found):
        raise restricted(found.login)
    return found


def member_organization(call: Call) -> Organization:
    """An organization that the caller is in. Raises ApiError 403 for others."""
    found = found_organization(call)
    if not call.caller.is_in(found):
        raise forbidden(f"You must be a member of {found.login} to see membership information.")
    return found


def owned_organization(call: Call) -> Organization:
    """An organization that the caller owns. Raises ApiError 404 for others."""
    found = found_organization(call)
    if not call.caller.owns(found):
        raise not_found()
    return found


def found_team(call: Call) -> Team:
    """Raises ApiError 404 for a team that the caller does not see."""
    home = found_organization(call)
    team = call.core.state.team_by(home.id, call.params["team_slug"])
    if team is None:
        raise not_found()
    is_seen = (
        call.caller.is_in(home) if call.caller.is_installation else sees_team(call.core.state, team, call.caller.user)
    )
    if not is_seen or not (call.caller.is_installation or call.caller.has("read:org", "repo", "user")):
        raise not_found()
    return team


def found_repo(call: Call) -> Repo:
    """Raises ApiError 404 for a repository that the caller does not see, 403 for SAML, 451 for a blocked one."""
    state = call.core.state
    repo = state.repo_by(f"{call.params['owner']}/{call.params['repo']}")
    if repo is None:
        raise not_found()
    home = state.organization_of(repo)
    if home is not None and repo.visibility != "public" and call.caller.blocked_by_saml(home):
        raise saml(f"{call.core.base_url}/orgs/{home.login}")
    if not call.caller.sees(repo):
        raise not_found()
    if repo.is_blocked:
        blocked = error(451, "Repository access blocked")
        blocked.body["block"] = {"reason": "dmca", "created_at": "2026-01-05T09:00:00Z"}
        raise blocked
    if repo.disabled and call.request.method != "GET":
        raise forbidden("Repository access blocked")
    return repo


def found_user(call: Call) -> User:
    """Raises ApiError 404."""
    found = call.core.state.user_by(call.params["username"])
    if found is None:
        raise not_found()
    return found


def listed(call: Call, users: Iterable[int]) -> list[User]:
    """People in the order of their numbers; suspended ones as far as this server shows them."""
    found = [call.core.state.users[key] for key in sorted(users)]
    return [each for each in found if each.is_active or call.core.lists_suspended]


def is_partial(call: Call) -> bool:
    """Whether SAML cuts this list by the switch of a test."""
    return any(re.search(each, call.numbered_path) for each in call.core.partial_paths)
