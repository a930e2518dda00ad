"""A stateful Bitbucket Data Center on loopback, as strict as the real one where our application could be wrong.

    with FakeBitbucketDataCenter() as fake:         # version="7.17.0", prefix="/bitbucket", anonymous_fallback=True …
        ann = fake.add_user("ann")
        acme = fake.add_project("ACME", "Acme")
        fake.grant(acme, ann, "PROJECT_ADMIN")
        backend = fake.add_group("Backend team", ann)
        logging = fake.add_repository(acme, "logging")
        fake.grant(logging, backend, "REPO_READ")
        fake.commit(logging, {"composer.json": "{…}"})
        fake.tag(logging, "v1.0.0")
        client_id, secret = fake.application(redirect_uri="http://localhost:8000/oauth/dc/callback")
        token = fake.personal_token(ann)            # or project_token, repository_token, oauth_token, oauth1_token
        …                                           # talk HTTP to fake.base_url

People and rights: add_user, set_licensed, deactivate, rename_user, delete_user, add_group, add_to_group,
remove_from_group, delete_group, grant, revoke, set_default, grant_global. Projects: add_project, add_personal_project,
rename_project, add_repository, update_repository, rename_repository, move_repository, delete_*. Code: commit, tag,
delete_tag, delete_branch, push; git itself clones, fetches and pushes over HTTP. `readers(repository)` says by brute
force who may read the code. `companies` fills a fake with a small or a random company.

Looking: requests, request_counts, deliveries, wait_for_deliveries(), redeliver(). `clock.advance(hours=3)` lets tokens
expire and closes the circuit of a hook again. `misbehave(path_regex, kind, after=, times=)` breaks answers, `behave()`
ends it, `limit_rate(60)` hands out so many requests. `fake.core` has switches for what administrators switch off.

In a browser: "Sign in as NAME", "Allow" or "Deny"; application links of both kinds are made at
/plugins/servlet/applinks/listApplicationLinks, tokens at /plugins/servlet/access-tokens/add. Other processes use
`python -m tests.fakes.bitbucket_dc` and, with `--allow-control`, the JSON endpoints below /_fake/ (see `control`);
`--keep FILE` saves the world for the next start.

Not modelled: pull requests, SSH, mirrors, archives of code, branch permissions, reviews, the two nodes of a cluster.
"""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_objects import File
from tests.fakes.parts.misbehaviour import Kind
from tests.fakes.parts.records import RequestRecord

from .fake import FakeBitbucketDataCenter
from .hook_events import sign
from .model import Group, Level, Project, Repo, Scope, User

__all__ = [
    "DeliveryRecord",
    "FakeBitbucketDataCenter",
    "File",
    "Group",
    "Kind",
    "Level",
    "Project",
    "Repo",
    "RequestRecord",
    "Scope",
    "User",
    "sign",
]
