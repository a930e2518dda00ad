"""A Bitbucket Server that is too old for OAuth 2: keys are made here, entered there, and then people log in."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from integrations.errors import Forbidden
from integrations.service import open_code_host, open_git
from models import Credential, CredentialKind, CredentialState, Identity, Integration, Runtime, User
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import examination_of, field_error, field_value, text_of

EDIT = "/admin/integrations/bitbucket"


@pytest.fixture
def bitbucket(runtime: Runtime) -> Iterator[FakeBitbucketDataCenter]:
    """The last version without OAuth 2; Ann administers a project."""
    with FakeBitbucketDataCenter(version="7.17.0") as fake:
        ann = fake.add_user("ann")
        fake.grant(fake.add_project("ACME", "Acme"), ann, "PROJECT_ADMIN")
        allowed = (*runtime.settings.outbound_allow, f"127.0.0.1:{fake.port}")
        object.__setattr__(runtime.settings, "outbound_allow", allowed)
        yield fake


def values(bitbucket: FakeBitbucketDataCenter, **changes: Any) -> dict[str, Any]:
    """The form as it is sent with the old version chosen: there is nothing to copy from the host."""
    filled: dict[str, Any] = {
        "name": "Bitbucket",
        "platform": "bitbucket_data_center",
        "shown_platform": "bitbucket_data_center",
        "base_url": bitbucket.base_url,
        "uses": ["log_in", "synchronize", "install_webhooks"],
        "login_policy": "everyone",
        "api_timeout_seconds": "20",
        "ca_certificate": "",
        "oauth_version": "1",
        "client_id": "",
        "client_secret": "",
        "slug": "bitbucket",
    }
    return filled | changes


def create(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    answer = owner.post("/admin/integrations/new", {**values(bitbucket), "action": "create"})
    assert (answer.status_code, answer.headers.get("Location")) == (303, EDIT), text_of(answer)


def tell_the_host(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    """Do what the guide says."""
    page = owner.get(EDIT)
    key = re.search(r'<input[^>]*id="consumer-key"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    public = re.search(r'<pre[^>]*id="public-key"[^>]*>([^<]+)</pre>', page.get_data(as_text=True))
    assert key is not None
    assert public is not None
    bitbucket.consumer(key=html.unescape(key[1]), public_key=html.unescape(public[1]))


def connect(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    create(owner, bitbucket)
    tell_the_host(owner, bitbucket)
    answer = owner.post(EDIT, {**values(bitbucket), "action": "test"})
    assert answer.headers["Location"].endswith("/admin/integrations/bitbucket/try"), text_of(answer)


def stored(runtime: Runtime) -> Integration:
    with runtime.database.read() as session:
        return session.scalars(select(Integration).where(Integration.slug == "bitbucket")).one()


def test_the_choice_is_there_for_data_center_only(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    guide = "/admin/integrations/guide?name=Bitbucket&oauth_version=1&base_url=https://x.example.com&platform="

    old, other = owner.get(guide + "bitbucket_data_center"), owner.get(guide + "gitlab_self_managed")

    assert "Save first: Repertory then makes a pair of keys" in text_of(old)
    assert "pair of keys" not in text_of(other)
    assert "<div data-oauth-version hidden>" in owner.get("/admin/integrations/new").get_data(as_text=True)


def test_a_server_without_oauth_2_is_recognized(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    sent = values(bitbucket, oauth_version="2", client_id="x", client_secret="y")

    answer = owner.post("/admin/integrations/new", {**sent, "action": "create"})

    assert "Choose OAuth 1.0a, or update the server." in field_error(answer, "oauth_version")


def test_a_server_with_oauth_2_is_recommended_to_use_it(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    bitbucket.core.version = "9.4.3"

    answer = owner.post("/admin/integrations/new", {**values(bitbucket), "action": "test"})

    assert "speaks OAuth 2 as well: prefer it" in examination_of(answer)


def test_a_draft_shows_its_keys_and_lets_nobody_in(
    owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime
) -> None:
    create(owner, bitbucket)

    page = owner.get(EDIT)
    words, integration = text_of(page), stored(runtime)
    assert integration.is_draft
    assert integration.client_id in page.get_data(as_text=True)
    assert "BEGIN PUBLIC KEY" in words
    assert "PRIVATE" not in words
    assert "Nobody can log in with it yet" in words
    assert "Paste this as the Consumer Name" in words
    assert "Not finished" in text_of(owner.get("/admin"))
    assert "Not finished" in text_of(owner.get("/setup/integrations"))
    assert "Bitbucket" not in text_of(owner.get("/setup/claim"))


def test_a_draft_lets_nobody_in_even_if_the_host_knows_the_keys(
    owner: Person, bitbucket: FakeBitbucketDataCenter
) -> None:
    create(owner, bitbucket)
    tell_the_host(owner, bitbucket)

    assert owner.start("bitbucket", "claim_admin").status_code == 404


def test_a_host_that_gives_out_a_token_twice_lets_nobody_in(
    owner: Person, bitbucket: FakeBitbucketDataCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(owner, bitbucket)
    monkeypatch.setattr("accounts.visits.ask_for_request_token", lambda *_args, **_options: "the same")

    first, second = (owner.start("bitbucket", "claim_admin") for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 403)
    assert "gave out a request token twice" in text_of(second)


def test_a_draft_can_be_corrected_before_the_host_has_its_keys(
    owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime
) -> None:
    create(owner, bitbucket)
    key = stored(runtime).client_id

    answer = owner.post(EDIT, {**values(bitbucket, name="Our Bitbucket"), "action": "save"})

    assert answer.headers["Location"] == EDIT
    assert "The host still has to be told the keys" in text_of(owner.get(EDIT))
    assert (stored(runtime).name, stored(runtime).client_id, stored(runtime).is_draft) == ("Our Bitbucket", key, True)


def test_a_test_before_the_host_has_the_keys_says_so(
    owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime
) -> None:
    create(owner, bitbucket)

    answer = owner.post(EDIT, {**values(bitbucket), "action": "test"})

    assert "The host does not know our keys." in examination_of(answer)
    assert stored(runtime).is_draft


def test_the_whole_way_ends_in_a_login(owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime) -> None:
    connect(owner, bitbucket)

    trial = owner.get(owner.log_in("bitbucket", "test").headers["Location"])
    claimed = owner.log_in("bitbucket", "claim_admin")

    assert "The login works" in text_of(trial)
    assert "missing" not in text_of(trial)
    assert claimed.status_code == 303, text_of(claimed)
    assert not stored(runtime).is_draft
    assert stored(runtime).tried_at is not None
    with runtime.database.read() as session:
        identity, user = session.scalars(select(Identity)).one(), session.scalars(select(User)).one()
    assert (identity.login, identity.remote_id) == ("ann", str(bitbucket.user("ann").id))
    assert user.is_administrator


def test_a_refusal_at_the_host_is_told(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    connect(owner, bitbucket)
    owner.decision = "deny"

    answer = owner.log_in("bitbucket", "claim_admin")

    assert answer.status_code == 403
    assert "declined" in text_of(answer)


def test_a_host_that_forgot_the_keys_is_told_before_the_browser_leaves(
    owner: Person, bitbucket: FakeBitbucketDataCenter
) -> None:
    connect(owner, bitbucket)
    bitbucket.state.consumers.clear()

    answer = owner.start("bitbucket", "claim_admin")

    assert answer.status_code == 403
    assert "does not know our keys" in text_of(answer)


def test_a_callback_is_good_once_and_in_one_browser(owner: Person, bitbucket: FakeBitbucketDataCenter) -> None:
    connect(owner, bitbucket)
    callback = owner.travel("bitbucket", "claim_admin")
    stranger = Person(owner.app, owner.base_url, "ann")
    stranger.get("/setup")

    assert stranger.come_back(callback).status_code == 400
    assert owner.come_back(callback).status_code == 303
    assert owner.come_back(callback).status_code == 400


def test_a_grant_signs_requests_but_git_needs_something_else(
    owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime
) -> None:
    connect(owner, bitbucket)
    owner.log_in("bitbucket", "claim_admin")
    owner.log_in("bitbucket", "authorize")

    with runtime.database.read() as session:
        credential = session.scalars(select(Credential)).one()
    assert credential.kind is CredentialKind.OAUTH1
    directory = open_code_host(runtime, credential.id).directory
    assert [remote.path for remote in directory.list_administered_organizations(nested=False)] == ["ACME"]
    with pytest.raises(Forbidden, match="store an HTTP access token"):
        open_git(runtime, credential.id)


def test_another_version_ends_what_was_granted_by_the_old_one(
    owner: Person, bitbucket: FakeBitbucketDataCenter, runtime: Runtime
) -> None:
    connect(owner, bitbucket)
    owner.log_in("bitbucket", "claim_admin")
    owner.log_in("bitbucket", "authorize")
    bitbucket.core.version = "9.4.3"
    made = bitbucket.application(redirect_uri=f"{owner.base_url}/oauth/bitbucket/callback")
    sent = values(bitbucket, oauth_version="2", client_id=made.client_id)

    without = owner.post(EDIT, {**sent, "action": "save"})
    saved = owner.post(EDIT, {**sent, "client_secret": made.secret, "action": "save"})

    assert "Copy the secret" in field_error(without, "client_secret")
    assert field_value(without, "client_id") == made.client_id
    assert saved.status_code == 303, text_of(saved)
    assert (stored(runtime).oauth_version, stored(runtime).client_id) == (2, made.client_id)
    with runtime.database.read() as session:
        credential = session.scalars(select(Credential)).one()
    assert (credential.state, "OAuth version" in credential.state_reason) == (CredentialState.NEEDS_RECONNECT, True)
    assert Person(owner.app, owner.base_url, "ann").log_in("bitbucket").status_code == 303
