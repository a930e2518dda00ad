"""A stateful GitLab server on loopback, as strict as the real one where our application could be wrong about it.

    with FakeGitLab() as fake:                      # prefix="/gitlab", certfile=…, version="19.0.0-ee", premium=False …
        ann = fake.add_user("ann")
        acme = fake.add_group("acme")
        fake.add_member(acme, ann, Level.OWNER)
        logging = fake.add_project(acme, "logging")
        fake.commit(logging, {"composer.json": "{…}"})
        fake.tag(logging, "v1.0.0")
        client_id, secret = fake.application(redirect_uri="http://localhost:8000/oauth/gitlab/callback")
        token = fake.personal_token(ann)            # or group_token, deploy_token, oauth_token
        …                                           # talk HTTP to fake.base_url

People and rights: add_user, block, set_user_state, add_group, add_project, update_project, move_project, delete_*,
add_member, update_member, remove_member, share, unshare, member_role. Code: commit, tag, delete_tag, delete_branch,
push; git itself clones, fetches and pushes over HTTP. `readers(project)` says by brute force who may read the code.
`tests.fakes.company` fills a fake with a small, a large or a random company.

Looking: requests, request_counts, deliveries, wait_for_deliveries(), redeliver(). `clock.advance(hours=3)` lets tokens,
shares and memberships expire. `misbehave(path_regex, kind, after=, times=)` breaks answers (see `Kind`), `behave()`
ends it; the expression is searched in `path?query`, so r"members/all\\?.*page=2" is the second page.

In a browser: "Sign in as NAME", "Authorize APPLICATION" or "Deny"; applications are made at
/-/user_settings/applications and /admin/applications. Other processes use `python -m tests.fakes.gitlab` and, with
`--allow-control`, the JSON endpoints below /_fake/ (see `control`); `--keep FILE` saves the world for the next start.

Not modelled: GraphQL, admin mode, SAML, IP restrictions. Expired memberships stay listed, as they do until GitLab's
nightly clean-up, but never before a valid one of the same person.
"""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_objects import File
from tests.fakes.parts.misbehaviour import Kind
from tests.fakes.parts.records import RequestRecord

from .deliveries import sign
from .fake import FakeGitLab
from .model import Group, Level, MemberRole, Project, User, Visibility

__all__ = [
    "DeliveryRecord",
    "FakeGitLab",
    "File",
    "Group",
    "Kind",
    "Level",
    "MemberRole",
    "Project",
    "RequestRecord",
    "User",
    "Visibility",
    "sign",
]
