"""The JSON forms of GitHub Apps and their installations."""

from tests.fakes.parts.routing import Json

from .model import GitHubApp, Installation
from .rendering import account, stamp
from .server_core import Core, node_id


def app(core: Core, each: GitHubApp) -> Json:
    installed = [row for row in core.state.installations.values() if row.app_id == each.id]
    return {
        "id": each.id,
        "slug": each.slug,
        "client_id": each.client_id,
        "node_id": node_id("App", each.id),
        "owner": account(core, core.state.organizations[each.owner_id]),
        "name": each.name,
        "description": None,
        "external_url": "https://packages.example.com",
        "html_url": f"{core.base_url}/github-apps/{each.slug}",
        "created_at": stamp(each.created_at),
        "updated_at": stamp(each.created_at),
        "permissions": each.permissions,
        "events": list(each.events),
        "installations_count": len(installed),
    }


def installation(core: Core, each: Installation) -> Json:
    home, owner = core.state.organizations[each.organization_id], core.state.apps[each.app_id]
    return {
        "id": each.id,
        "client_id": owner.client_id,
        "account": account(core, home),
        "repository_selection": "all" if each.repository_ids is None else "selected",
        "access_tokens_url": f"{core.api_url}/app/installations/{each.id}/access_tokens",
        "repositories_url": f"{core.api_url}/installation/repositories",
        "html_url": f"{core.base_url}/organizations/{home.login}/settings/installations/{each.id}",
        "app_id": owner.id,
        "app_slug": owner.slug,
        "target_id": home.id,
        "target_type": "Organization",
        "permissions": each.permissions,
        "events": list(each.events),
        "created_at": stamp(each.created_at),
        "updated_at": stamp(each.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": stamp(each.suspended_at),
    }
