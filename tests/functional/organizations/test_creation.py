"""New organization: what can be chosen at the host, and what comes of it."""

from contextlib import nullcontext

import pytest

from integrations.codehost import RemoteOrganization
from models import (
    AuditRecord,
    Credential,
    CredentialState,
    Instance,
    JobRun,
    Membership,
    Organization,
    OrganizationCreation,
    Synchronization,
    SyncRun,
    User,
)
from organizations.choice import Choice, Taken, refuse_if_taken
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.organizations.world import World
from tests.functional.rows import add_integration


def radio(fake: FakeGitLab, path: str) -> str:
    """The value of the radio button of a group."""
    return f"gitlab:{fake.group(path).id}"


def test_the_groups_that_the_account_owns_are_listed(fresh: World, fake: FakeGitLab) -> None:
    top, nested = fresh.browser("ann").read("/orgs/new"), fresh.browser("ann").read("/orgs/new?nested=1")

    assert f'value="{radio(fake, "acme")}" checked' in top
    assert radio(fake, "acme/backend") not in top
    assert radio(fake, "acme/backend") in nested
    assert "studio" not in nested


def test_what_to_look_at_when_one_is_not_listed_is_told(fresh: World, fake: FakeGitLab) -> None:
    page = fresh.browser("ann").read("/orgs/new")

    assert "Is one missing?" in page
    assert "offered to those who are Owner of them" in page


def test_an_organization_is_created_with_its_first_run_to_look_at(fresh: World, fake: FakeGitLab) -> None:
    ann = fresh.browser("ann")

    answer = ann.post("/orgs/new", remote=radio(fake, "acme"), name="Acme Inc.", short_name="acme")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/orgs/acme/synchronizations/1/runs/1"
    page = ann.read(answer.headers["Location"])
    assert "Organization created: “Acme Inc.”" in page
    assert "Waiting for a worker" in page
    with fresh.runtime.database.read() as session:
        synchronization = session.query(Synchronization).one()
        assert (synchronization.remote_path, synchronization.is_primary) == ("acme", True)
        assert session.query(SyncRun).one().reasons == ["creation"]
        assert session.query(JobRun).one().title == "Synchronize acme"
        assert {record.action for record in session.query(AuditRecord)} == {
            "organization_created",
            "synchronization_created",
            "owners_added",
        }


def test_names_that_are_left_empty_follow_from_the_group(fresh: World, fake: FakeGitLab) -> None:
    answer = fresh.browser("ann").post("/orgs/new", remote=radio(fake, "acme/platform/tools"), name="", short_name=" ")

    assert answer.status_code == 303
    with fresh.runtime.database.read() as session:
        organization = session.query(Organization).one()
        assert organization.short_name == "tools"
        assert "Tools" in organization.name


def test_a_group_that_is_synchronized_here_can_not_be_chosen_again(fresh: World, fake: FakeGitLab) -> None:
    ann = fresh.browser("ann")
    ann.post("/orgs/new", remote=radio(fake, "acme"), name="Acme", short_name="acme")

    page = ann.read("/orgs/new")
    forced = ann.post("/orgs/new", remote=radio(fake, "acme"), name="Again", short_name="again")

    assert f'value="{radio(fake, "acme")}" disabled' in page
    assert "feeds Acme" in page
    assert forced.status_code == 422
    assert "feeds the organization “Acme” here already" in forced.get_data(as_text=True)


def test_a_group_of_others_is_refused_by_what_the_host_says(fresh: World, fake: FakeGitLab) -> None:
    answer = fresh.browser("mia").post("/orgs/new", remote=radio(fake, "acme"), name="Mine", short_name="mine")

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "does not confirm that you own it" in page
    assert 'value="Mine"' in page
    with fresh.runtime.database.read() as session:
        assert session.query(Organization).count() == 0


def make_administrator(fresh: World, login: str) -> None:
    with fresh.write() as session:
        session.get_one(User, fresh.users[login]).is_administrator = True


def test_an_empty_organization_belongs_to_the_administrator_who_made_it(fresh: World) -> None:
    make_administrator(fresh, "mia")
    mia = fresh.browser("mia")

    answer = mia.post("/orgs/new", remote="", name="Later", short_name="later")

    assert answer.headers["Location"] == "/orgs/later"
    assert "Add a synchronization" in mia.read("/orgs/later")
    assert mia.get("/orgs/later/settings/general").status_code == 200
    with fresh.runtime.database.read() as session:
        assert session.query(Membership).one().user_id == fresh.users["mia"]


def test_an_ordinary_person_needs_a_group_to_make_an_organization(fresh: World) -> None:
    mia = fresh.browser("mia")

    assert "Nothing yet" not in mia.read("/orgs/new")
    refused = mia.post("/orgs/new", remote="", name="Later", short_name="later")

    assert refused.status_code == 422
    with fresh.runtime.database.read() as session:
        assert session.query(Organization).count() == 0


@pytest.mark.parametrize(
    ("short_name", "reason"),
    [("admin", "is an address of Repertory itself"), ("A b", "Use 2 to 40 lower-case letters"), ("", "short name")],
)
def test_a_short_name_that_can_not_be_used_is_explained_and_nothing_typed_is_lost(
    fresh: World, short_name: str, reason: str
) -> None:
    make_administrator(fresh, "mia")

    answer = fresh.browser("mia").post("/orgs/new", remote="", name="My packages", short_name=short_name)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert reason in page
    assert 'value="My packages"' in page


def test_what_is_missing_at_the_host_is_said_with_a_way_out(fresh: World, fake: FakeGitLab) -> None:
    with fresh.write() as session:
        bob = session.get_one(User, fresh.users["bob"]).identities[0]
        ann = session.query(Credential).filter(Credential.identity_id != bob.id).order_by(Credential.id).first()
        assert ann is not None
        ann.scopes = ["read_user"]

    owns_nothing = fresh.browser("mia").read("/orgs/new")
    no_credential = fresh.browser("bob").read("/orgs/new")
    few_scopes = fresh.browser("ann").read("/orgs/new")

    assert "You administer no group at Gitlab" in owns_nothing
    assert "people who administer it" in owns_nothing
    assert "offered to those who are Owner of them" in owns_nothing
    for page in (no_credential, few_scopes):
        assert "Authorize at Gitlab" in page
        assert 'name="purpose" value="authorize"' in page
        assert 'name="next" value="/orgs/new"' in page
    assert "read_api read_repository api" in few_scopes


def test_a_revoked_token_asks_for_a_reconnect(fresh: World) -> None:
    with fresh.write() as session:
        for credential in session.query(Credential):
            credential.state, credential.state_reason = CredentialState.NEEDS_RECONNECT, "revoked"

    page = fresh.browser("ann").read("/orgs/new")

    assert "does not accept our access in your name any more" in page
    assert "Reconnect Gitlab" in page


def test_what_the_host_says_when_it_refuses_the_list_is_shown(fresh: World, fake: FakeGitLab) -> None:
    fake.misbehave(r"/groups\?", Kind.STATUS_403)

    page = fresh.browser("ann").read("/orgs/new")

    assert "Authorize at Gitlab" in page
    assert "Gitlab answered 403 (not allowed) to GET /api/v4/groups" in page


def test_a_host_that_is_down_is_named_and_an_empty_organization_can_still_be_made(
    fresh: World, fake: FakeGitLab
) -> None:
    make_administrator(fresh, "ann")
    fake.close()

    page = fresh.browser("ann").read("/orgs/new")

    assert "Gitlab can not be read now" in page
    assert "Nothing yet" in page


def test_an_account_that_is_not_connected_is_asked_to(fresh: World) -> None:
    with fresh.write() as session:
        other = add_integration(session, fresh.runtime.secret_box, slug="other")
        session.get_one(User, fresh.users["mia"]).identities[0].integration_id = other.id

    page = fresh.browser("mia").read("/orgs/new")

    assert "You have no account at Gitlab here" in page
    assert 'name="purpose" value="link"' in page


def test_who_may_create_is_a_setting(fresh: World) -> None:
    with fresh.write() as session:
        session.get_one(Instance, 1).organization_creation = OrganizationCreation.ADMINISTRATORS

    mia = fresh.browser("mia")

    assert "Only administrators may create organizations here" in mia.read("/orgs/new")
    assert mia.post("/orgs/new", remote="", name="Later", short_name="later").status_code == 403
    assert "New organization" not in mia.read("/")


def test_one_more_synchronization_is_added_and_is_not_the_primary_one(fresh: World, fake: FakeGitLab) -> None:
    ann = fresh.browser("ann")
    ann.post("/orgs/new", remote=radio(fake, "acme/backend"), name="Acme", short_name="acme")

    page = ann.read("/orgs/acme/settings/synchronizations/add?nested=1")
    nothing = ann.post("/orgs/acme/settings/synchronizations/add")
    answer = ann.post("/orgs/acme/settings/synchronizations/add", remote=radio(fake, "acme/frontend"))

    assert f'value="{radio(fake, "acme/backend")}" disabled' in page
    assert nothing.status_code == 422
    assert answer.headers["Location"] == "/orgs/acme/synchronizations/2/runs/1"
    with fresh.runtime.database.read() as session:
        assert [item.is_primary for item in session.query(Synchronization).order_by(Synchronization.id)] == [
            True,
            False,
        ]


def test_whoever_is_second_to_choose_a_group_is_refused_in_the_transaction_that_writes(
    fresh: World, fake: FakeGitLab
) -> None:
    fresh.browser("ann").post("/orgs/new", remote=radio(fake, "acme"), name="Acme", short_name="acme")

    with fresh.runtime.database.read() as session:
        credential = session.query(Synchronization).one().credential
        assert credential is not None
        for path, name in (("acme", "Acme"), ("acme/backend", "")):
            remote = RemoteOrganization(
                kind="group", remote_id=str(fake.group(path).id), name=path, path=path, web_url=""
            )
            refused = pytest.raises(Taken, match=name) if name else nullcontext()
            with refused:
                refuse_if_taken(session, Choice(remote, credential))
