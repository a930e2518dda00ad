"""Bitbucket Cloud on loopback, as strict as the real one where our application could be wrong about it.

    with FakeBitbucketCloud() as fake:              # prefix="/bitbucket", certfile=…, allow_local_hooks=True …
        ann = fake.add_user("ann")
        acme = fake.add_workspace("acme")
        fake.add_member(acme, ann, "owner")
        logging = fake.add_repository(acme, "logging")
        fake.commit(logging, {"composer.json": "{…}"})
        fake.tag(logging, "v1.0.0")
        backend = fake.add_group(acme, "backend", members=[bob])
        fake.grant(logging, backend, "read")        # or an account, or on a project
        client_id, secret = fake.application(redirect_uri="http://localhost:8000/oauth/bitbucket/callback")
        token = fake.personal_token(ann)            # an API token: HTTP Basic with ann.primary_email
        …                                           # or oauth_token(ann, client_id), access_token(logging): Bearer

The API is at `base_url/!api/2.0` and `base_url/!api/1.0`, pages, OAuth and git at `base_url`. Everything is named by
uuid in braces. `readers(repo)` says by brute force who may read the code; `companies` fills a fake with a small, a
large or a random company.

Looking: requests, request_counts, deliveries, wait_for_deliveries(), redeliver(), dropped_hooks (over 256 KB),
user("ann"), workspace("acme"), group("acme/backend"), project("acme/PRJ"), repo("acme/logging"). Switches:
clock.advance(hours=3), limit_rate(1000), turn_off_groups(410), core.answers_refresh_token, misbehave(regex, kind),
behave().

In a browser: "Sign in as NAME", "Grant access" or "Cancel"; consumers are made at
/WORKSPACE/workspace/settings/oauth-consumers/new. Other processes use `python -m tests.fakes.bitbucket_cloud` and, with
`--allow-control`, the JSON endpoints below /_fake/ (see `control`); `--keep FILE` saves the world for the next start.

Strict on purpose: `account_status` of people inside other answers is only there for
`fields=+values.user.account_status` (a plus sign is %2B in a URL); the lists of effective permissions are paged by
cursor and not counted; a group makes its people members of the workspace, a grant of one's own does not;
`repository:admin` does not imply `repository`.
"""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_objects import File
from tests.fakes.parts.misbehaviour import Kind
from tests.fakes.parts.records import RequestRecord

from .fake import FakeBitbucketCloud
from .hook_events import sign
from .model import Account, Group, Permission, Project, Repo, Workspace

__all__ = [
    "Account",
    "DeliveryRecord",
    "FakeBitbucketCloud",
    "File",
    "Group",
    "Kind",
    "Permission",
    "Project",
    "Repo",
    "RequestRecord",
    "Workspace",
    "sign",
]
