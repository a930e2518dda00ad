"""Credentials that an organization stores in place of somebody's account: tried first, never shown, removed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from integrations.errors import Unauthorized
from integrations.service import open_code_host, open_git
from models import AuditRecord, Credential, CredentialKind, Synchronization, SyncRun, WebSession, utc_now
from tests.fakes.gitlab import FakeGitLab
from tests.functional.organizations.world import Browser, World

PAGE = "/orgs/acme/settings/credentials"
NEW = "/orgs/acme/synchronizations/1/credential/new"


@pytest.fixture
def ann(fresh: World, fake: FakeGitLab) -> Browser:
    """Ann, who has made the organization of the group that she owns."""
    browser = fresh.browser("ann")
    answer = browser.post("/orgs/new", remote=f"gitlab:{fake.group('acme').id}", name="Acme", short_name="acme")
    assert answer.status_code == 303
    return browser


def stored(world: World) -> list[Credential]:
    with world.runtime.database.read() as session:
        query = select(Credential).where(Credential.organization_id.is_not(None)).order_by(Credential.id)
        return list(session.scalars(query))


def used_credential(world: World) -> int | None:
    with world.runtime.database.read() as session:
        return session.query(Synchronization).one().credential_id


def last_actions(world: World, count: int) -> list[str]:
    with world.runtime.database.read() as session:
        query = select(AuditRecord.action).order_by(AuditRecord.id.desc()).limit(count)
        return list(reversed(session.scalars(query).all()))


def test_a_group_token_is_tried_stored_and_used_at_once(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    token = fake.group_token(fake.group("acme"))

    offered = ann.read(PAGE)
    form = ann.read(NEW)
    answer = ann.post(NEW, secret=f" {token}\n", expires_on="")
    page = ann.read(answer.headers["Location"])

    assert "Store another credential" in offered
    assert "Where to make it" in form
    (credential,) = stored(fresh)
    assert (credential.kind, credential.identity_id) == (CredentialKind.ACCESS_TOKEN, None)
    assert credential.unseal_access_token(fresh.runtime.secret_box) == token
    assert used_credential(fresh) == credential.id
    assert credential.name in page
    assert "until it is revoked" in page
    assert token not in page
    assert last_actions(fresh, 2) == ["credential_stored", "credential_changed"]
    with fresh.runtime.database.read() as session:
        newest = session.query(SyncRun).order_by(SyncRun.id.desc()).first()
        assert newest is not None
        assert "changed credential" in newest.reasons
    access = open_git(fresh.runtime, credential.id)
    assert (access.credential.username, access.credential.password) == ("oauth2", token)


def test_the_end_is_taken_from_the_host_or_from_the_form(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    told = fake.personal_token(fake.user("ann"), expires_on=utc_now().date() + timedelta(days=30))
    untold = fake.personal_token(fake.user("ann"))

    ann.post(NEW, secret=told, expires_on="")
    ann.post(NEW, secret=untold, expires_on=(utc_now().date() + timedelta(days=9)).isoformat())

    first, second = stored(fresh)
    assert first.expires_at is not None
    assert second.expires_at is not None
    assert abs((first.expires_at - utc_now()).days - 30) <= 1
    assert abs((second.expires_at - utc_now()).days - 9) <= 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nonsense", "does not accept it"),
        ("stranger", "mia does not own acme"),
        ("empty", "Paste it here."),
        ("over", "That day is over."),
    ],
)
def test_what_will_not_do_is_explained_and_not_stored(
    fresh: World, fake: FakeGitLab, ann: Browser, kind: str, words: str
) -> None:
    before = used_credential(fresh)
    tokens = {"nonsense": "glpat-nonsense", "stranger": fake.personal_token(fake.user("mia")), "empty": ""}
    secret = tokens.get(kind, "glpat-whatever")

    answer = ann.post(NEW, secret=secret, expires_on="2020-01-01" if kind == "over" else "")

    page = answer.get_data(as_text=True)
    assert (answer.status_code, words in page) == (422, True)
    assert not secret or secret not in page
    assert stored(fresh) == []
    assert used_credential(fresh) == before


def test_a_host_that_can_not_be_asked_stores_nothing(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    token = fake.personal_token(fake.user("ann"))
    fake.misbehave(".*", "status_500", times=50)

    answer = ann.post(NEW, secret=token)

    assert "could not be asked" in answer.get_data(as_text=True)
    assert stored(fresh) == []


def test_a_stored_one_can_be_chosen_again_and_removed_when_nothing_uses_it(
    fresh: World, fake: FakeGitLab, ann: Browser
) -> None:
    for _ in range(2):
        ann.post(NEW, secret=fake.group_token(fake.group("acme")))
    first, second = stored(fresh)
    remove = "/orgs/acme/settings/credentials/{}/remove"

    refused = ann.read(ann.post(remove.format(second.id)).headers["Location"])
    ann.post(f"/orgs/acme/synchronizations/1/credential/{first.id}")
    assert used_credential(fresh) == first.id
    removed = ann.read(ann.post(remove.format(second.id)).headers["Location"])

    assert "acme still uses it." in refused
    assert "is removed here. Revoke it at the host as well." in removed
    assert [it.id for it in stored(fresh)] == [first.id]
    assert last_actions(fresh, 2) == ["credential_changed", "credential_removed"]
    with pytest.raises(Unauthorized):
        open_code_host(fresh.runtime, second.id)
    with fresh.runtime.database.read() as session:
        assert session.get_one(Credential, second.id).unseal_access_token(fresh.runtime.secret_box) == ""


def test_a_stored_one_that_has_lost_its_rights_is_not_chosen(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    for login in ("ann", "ann"):
        ann.post(NEW, secret=fake.personal_token(fake.user(login)))
    first, second = stored(fresh)
    with fresh.write() as session:
        row = session.get_one(Credential, first.id)
        row.seal_tokens(
            fresh.runtime.secret_box, access_token=fake.personal_token(fake.user("mia")), refresh_token=None
        )

    answer = ann.post(f"/orgs/acme/synchronizations/1/credential/{first.id}")

    assert "does not own acme" in ann.read(answer.headers["Location"])
    assert used_credential(fresh) == second.id


def test_only_admins_with_a_fresh_login_store_and_remove(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    ann.post(NEW, secret=fake.group_token(fake.group("acme")))
    (credential,) = stored(fresh)
    removal = f"/orgs/acme/settings/credentials/{credential.id}/remove"
    with fresh.write() as session:
        session.query(WebSession).update({"authenticated_at": utc_now() - timedelta(minutes=16)})

    for path in (NEW, removal):
        assert "/profile/confirm" in ann.post(path, secret="glpat-x").headers["Location"]
        assert fresh.browser("bob").post(path, secret="glpat-x").status_code == 404
    assert "Confirm that it is you" in ann.read(NEW)
    assert len(stored(fresh)) == 1


def test_unknown_kinds_and_credentials_of_others_are_not_found(fresh: World, fake: FakeGitLab, ann: Browser) -> None:
    with fresh.runtime.database.read() as session:
        own_grant = session.scalars(select(Credential.id).where(Credential.identity_id.is_not(None))).first()

    assert ann.get(f"{NEW}?kind=github_app").status_code == 404
    assert ann.get("/orgs/acme/synchronizations/99/credential/new").status_code == 404
    assert ann.post(f"/orgs/acme/synchronizations/1/credential/{own_grant}").status_code == 404
    assert ann.get(f"/orgs/acme/settings/credentials/{own_grant}/webhook").status_code == 404
