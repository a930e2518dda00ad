"""A stateful GitHub on loopback, as strict as the real one where our application could be wrong about it.

    with FakeGitHub() as fake:                      # version="3.10.0", version=None for github.com, rate_limit=100 …
        ann, bob = fake.add_user("ann"), fake.add_user("bob")
        acme = fake.add_organization("acme", owner=ann, base_permission="none")
        fake.add_member(acme, bob)
        backend = fake.add_team(acme, "Backend", members=[bob])
        logging = fake.add_repo(acme, "logging")
        fake.add_team_repo(backend, logging, "push")
        fake.commit(logging, {"composer.json": "{…}"})
        fake.tag(logging, "v1.0.0")
        client_id, secret = fake.application(redirect_uri="http://localhost:8000/oauth/github/callback")
        token = fake.personal_token(ann)            # or oauth_token(ann, client_id), or an app: add_app, install_app
        …                                           # talk HTTP to fake.api_url and fake.graphql_url

People and rights: add_user, suspend, rename_user, add_organization, set_base_permission, add_member, remove_member,
add_team, update_team, delete_team, add_team_member, add_team_repo, add_collaborator, custom_role, organization_role,
assign_role. Repositories: add_repo, update_repo, rename_repo, transfer_repo, delete_repo, commit, tag, release, push …;
git itself clones, fetches and pushes over HTTP. `readers(repo)` says by brute force who may read the code. `companies`
fills a fake with a small, a large or a random company.

Policies: enforce_saml, authorize_for_saml, cut_lists (SAML's partial results), restrict_applications. Looking:
requests, observers, request_counts, deliveries, wait_for_deliveries(), redeliver(). `clock.advance(hours=3)` lets
tokens and codes expire. Trouble: misbehave(path_regex, kind), fail_graphql(field), limit_rate(per_hour),
delay(seconds); behave() ends it.

In a browser: "Sign in as NAME", "Authorize APPLICATION" or "Cancel"; applications are made at
/settings/applications/new and /organizations/ORG/settings/applications/new. Other processes use
`python -m tests.fakes.github` and, with `--allow-control`, the JSON endpoints below /_fake/ (see `control`).

Everything is below one address, as on an Enterprise Server: REST at /api/v3, GraphQL at /api/graphql. Not modelled:
enterprise teams, invitations by e-mail, fine-grained permissions of personal tokens, site administrators' endpoints.
"""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_objects import File
from tests.fakes.parts.misbehaviour import Kind
from tests.fakes.parts.records import RequestRecord

from .deliveries import sign
from .fake import FakeGitHub
from .granting import AppCredentials, ClientCredentials
from .model import Hook, Installation, Organization, Repo, Team, User, Visibility

__all__ = [
    "AppCredentials",
    "ClientCredentials",
    "DeliveryRecord",
    "FakeGitHub",
    "File",
    "Hook",
    "Installation",
    "Kind",
    "Organization",
    "Repo",
    "RequestRecord",
    "Team",
    "User",
    "Visibility",
    "sign",
]
