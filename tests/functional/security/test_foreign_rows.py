"""Numbers of rows that belong to another organization or another person lead nowhere."""

import re
from typing import Any

import pytest

from models import (
    ComposerToken,
    Credential,
    CredentialKind,
    Hold,
    HoldState,
    JobRun,
    Synchronization,
    SyncRun,
    Team,
    TeamKind,
    TokenKind,
    Webhook,
    WebSession,
    digest_secret,
    record_audit,
    utc_now,
)
from organizations.holds import digest_of
from tests.functional.organizations.world import World, add_package, add_repository
from tests.functional.rows import add_organization, add_synchronization

SECRET = "zzclandestine"
REMOVAL = {"key": "team:9", "kind": "team", "action": "remove", "name": SECRET, "detail": "", "url": ""}
CHANGING = re.compile(r'zzone|zztwo|\b[0-9a-f]{16}\b|name="csrf_token" value="[^"]+"')


@pytest.fixture
def foreign(world: World) -> dict[str, int]:
    """What exists in the organization "zzone", of which nobody here is a member, and what belongs to carla."""
    with world.write() as session:
        own = session.get_one(Synchronization, world.synchronization_id)
        other = add_organization(session, short_name="zzone")
        synchronization = add_synchronization(session, other, own.integration, remote_id="2")
        repository = add_repository(session, synchronization, "hidden")
        team = Team(organization_id=other.id, kind=TeamKind.LOCAL, name="Hidden")
        hook = Webhook(synchronization_id=synchronization.id, public_id="h" * 32)
        hook.seal_secret(world.runtime.secret_box, "hook secret")
        run = SyncRun(synchronization_id=synchronization.id, number=1, seq=1)
        token = ComposerToken(
            kind=TokenKind.ORGANIZATION, organization_id=other.id, name="ci", digest="1", last_four="1"
        )
        carlas = ComposerToken(kind=TokenKind.USER, user_id=world.users["carla"], name="c", digest="2", last_four="2")
        browser = WebSession(digest=digest_secret("x"), user_id=world.users["carla"], authenticated_at=utc_now())
        stored = Credential(
            kind=CredentialKind.GITHUB_APP,
            integration_id=own.integration_id,
            organization_id=other.id,
            name=SECRET,
            username="1",
        )
        stored.seal_tokens(world.runtime.secret_box, access_token="x", refresh_token="x")
        session.add_all([team, hook, run, token, carlas, browser, stored])
        session.flush()
        hold = Hold(synchronization_id=synchronization.id, run_id=run.id, removals=[REMOVAL])
        session.add(hold)
        where: dict[str, Any] = {"organization_id": other.id, "actor": SECRET}
        record_audit(session, action="package_added", target=f"{SECRET}/package", **where)
        add_package(session, other, repository, f"{SECRET}/package")
        session.flush()
        return {
            "synchronization": synchronization.id,
            "repository": repository.id,
            "team": team.id,
            "hook": hook.id,
            "token": token.id,
            "carlas_token": carlas.id,
            "carlas_browser": browser.id,
            "hold": hold.id,
            "stored": stored.id,
        }


def test_pages_of_one_organization_show_nothing_of_another(world: World, foreign: dict[str, int]) -> None:
    ann = world.browser("ann")

    answers = {
        path: ann.get(path.format(**foreign)).status_code
        for path in (
            "/orgs/acme/teams/{team}",
            "/orgs/acme/synchronizations/{synchronization}",
            "/orgs/acme/synchronizations/{synchronization}/held",
            "/orgs/acme/synchronizations/{synchronization}/brakes",
            "/orgs/acme/synchronizations/{synchronization}/runs/1",
            "/orgs/acme/synchronizations/{synchronization}/runs/1/live",
            "/orgs/acme/synchronizations/{synchronization}/runs/1.json",
            "/orgs/acme/settings/webhooks/{hook}",
            "/orgs/acme/synchronizations/{synchronization}/credential/new",
            "/orgs/acme/settings/credentials/{stored}/webhook",
            "/orgs/zzone",
        )
    }

    assert set(answers.values()) == {404}, answers


def test_forms_of_one_organization_change_nothing_of_another(world: World, foreign: dict[str, int]) -> None:
    ann = world.browser("ann")

    answers = {
        path: ann.post(path.format(**foreign)).status_code
        for path in (
            "/orgs/acme/synchronizations/{synchronization}/run",
            "/orgs/acme/synchronizations/{synchronization}/preview",
            "/orgs/acme/synchronizations/{synchronization}/brakes",
            "/orgs/acme/synchronizations/{synchronization}/held/remove",
            "/orgs/acme/synchronizations/{synchronization}/held/keep",
            "/orgs/acme/synchronizations/{synchronization}/held/remove-after-all",
            "/orgs/acme/synchronizations/{synchronization}/credential",
            "/orgs/acme/synchronizations/{synchronization}/credential/new",
            "/orgs/acme/synchronizations/1/credential/{stored}",
            "/orgs/acme/settings/credentials/{stored}/webhook",
            "/orgs/acme/settings/credentials/{stored}/remove",
            "/orgs/acme/synchronizations/{synchronization}/webhooks",
            "/orgs/acme/repositories/{repository}/add",
            "/orgs/acme/settings/webhooks/{hook}",
            "/orgs/acme/settings/tokens/{token}/revoke",
            "/orgs/acme/settings/tokens/{carlas_token}/revoke",
            "/profile/tokens/{carlas_token}/revoke",
            "/profile/tokens/{token}/revoke",
            "/profile/sessions/{carlas_browser}/end",
        )
    }

    assert set(answers.values()) == {404}, answers
    with world.write() as session:
        assert session.query(JobRun).count() == 0
        assert session.query(ComposerToken).filter(ComposerToken.revoked_at.is_not(None)).count() == 0
        assert session.query(WebSession).filter(WebSession.revoked_at.is_not(None)).count() == 0


def test_lists_and_filters_of_one_organization_name_nothing_of_another(world: World, foreign: dict[str, int]) -> None:
    ann = world.browser("ann")
    paths = (
        "/",
        "/search?q=hidden",
        "/orgs/acme/packages?synchronization={synchronization}",
        "/orgs/acme/teams",
        "/orgs/acme/settings/webhooks",
        "/orgs/acme/settings/credentials",
        "/orgs/acme/log",
        "/orgs/acme/log.csv",
        "/orgs/acme/log.json",
        "/orgs/acme/access",
        "/orgs/acme/access?person=ann",
        "/orgs/acme/access?package=zzclandestine/x",
        "/orgs/acme/synchronizations/1?synchronization={synchronization}",
    )

    shown = "".join(ann.read(path.format(**foreign)).replace('value="hidden"', "") for path in paths)
    log = ann.read("/orgs/acme/log.json") + ann.read("/orgs/acme/log.csv") + ann.read("/orgs/acme/access")

    assert "acme/hidden</" not in shown
    assert ">Hidden<" not in shown
    assert "/orgs/zzone" not in shown
    assert f">{SECRET}" not in shown
    assert "zzone" not in log
    assert SECRET not in log


@pytest.mark.parametrize("path", ["remove", "keep", "remove-after-all"])
def test_what_another_organization_holds_is_not_decided_in_ones_own(
    world: World, foreign: dict[str, int], path: str
) -> None:
    with world.write() as session:
        form = {"hold": foreign["hold"], "digest": digest_of(session.get_one(Hold, foreign["hold"]))}

    answer = world.browser("ann").post(f"/orgs/acme/synchronizations/1/held/{path}", **form)

    assert answer.status_code == 409
    assert SECRET not in answer.text
    with world.write() as session:
        assert session.get_one(Hold, foreign["hold"]).state is HoldState.OPEN
        assert session.query(JobRun).count() == 0


def test_a_hidden_and_a_missing_organization_answer_alike(world: World, foreign: dict[str, int]) -> None:
    eve = world.browser("eve")

    hidden, missing = (eve.get(f"/orgs/{name}/packages") for name in ("zzone", "zztwo"))

    assert hidden.status_code == missing.status_code == 404
    assert CHANGING.sub("", hidden.text) == CHANGING.sub("", missing.text)
    assert set(hidden.headers.keys()) == set(missing.headers.keys())
