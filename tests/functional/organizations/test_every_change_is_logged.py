"""Every address and every command that changes something is listed here with the record that it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from sqlalchemy import select
from werkzeug.routing import Rule

from cli import repertory
from models import (
    AuditRecord,
    ComposerToken,
    Credential,
    CredentialKind,
    Hold,
    HoldState,
    Identity,
    Repository,
    RunPhase,
    SyncRun,
    User,
    Webhook,
    WebSession,
    digest_secret,
)
from organizations.holds import digest_of
from sync.app_hooks import ensure_app_hook
from tests.functional.organizations.world import World
from tests.functional.rows import add_integration
from web.database import READING_METHODS

TESTS = Path(__file__).parents[1]
SYNCHRONIZATION = "/orgs/acme/synchronizations/1"

CHANGES_NO_ACCESS = {
    "web.choose_theme",
    "accounts.start_login",  # the record is left when the browser comes back
    "accounts.choose_address",
    "composer.downloads",
    "webhooks.receive",  # what comes in leads to runs, which record what they change
    "organizations.update_package",
    "organizations.preview",
    "organizations.synchronize_now",
    "organizations.install_again",
}
NEEDS_A_HOST = {  # proved where there is one
    "accounts.callback": {"logged_in", "account_claimed", "account_authorized", "setup_completed"},
    "accounts.confirm_connection": {"account_connected"},
    "accounts.unlock": {"setup_unlocked"},
    "accounts.use_login_link": {"login_link_used"},
    "admin.add_integration": {"integration_created"},
    "admin.change_integration": {"integration_changed"},
    "admin.delete": {"integration_deleted"},
    "organizations.create": {"organization_created", "synchronization_created", "owners_added"},
    "organizations.add": {"synchronization_created"},
    "organizations.take_over": {"credential_changed"},
    "organizations.add_credential": {"credential_stored", "credential_changed"},
    "organizations.use_stored": {"credential_changed"},
}
COMMANDS = {
    "setup-link": {"setup_code_minted"},
    "admin grant": {"administrator_granted"},
    "admin login-link": {"login_link_made"},
}
COMMANDS_THAT_CHANGE_NO_ACCESS = {
    *("serve", "worker", "ticker", "db upgrade", "doctor", "admin list", "sync list", "sync run", "sync preview"),
    *("access list", "access explain"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody sends a form; `action` is the record that it leaves."""

    endpoint: str
    path: str
    action: str
    form: dict[str, object] = field(default_factory=dict)


def forms(world: World) -> Iterator[Step]:
    """One for each address, in an order in which each of them has something to change."""
    yield from forms_of_the_organization(world)
    yield from forms_of_packages_and_tokens(world)
    yield from forms_of_the_installation(world)
    yield from forms_of_the_profile(world)


def forms_of_the_organization(world: World) -> Iterator[Step]:
    with world.write() as session:
        hook = Webhook(synchronization_id=world.synchronization_id, public_id="x" * 32)
        hook.seal_secret(world.runtime.secret_box, "secret")
        session.add(hook)
        session.flush()
        secret = f"/orgs/acme/settings/webhooks/{hook.id}"
    yield Step("organizations.change_name", "/orgs/acme/settings/general", "organization_renamed", {"name": "Other"})
    yield Step("organizations.change_prefixes", "/orgs/acme/settings/prefixes", "prefixes_changed", {"prefix": "acme"})
    brakes: dict[str, object] = {"access_brake_percent": 5, "access_brake_minimum": 5}
    brakes |= {"package_brake_percent": 5, "package_brake_minimum": 5}
    yield Step("organizations.change_brakes", f"{SYNCHRONIZATION}/brakes", "brakes_changed", brakes)
    held = f"{SYNCHRONIZATION}/held"
    yield Step("organizations.decline_removals", f"{held}/keep", "removals_declined", hold(world))
    yield Step("organizations.remove_after_all", f"{held}/remove-after-all", "removals_confirmed", shown(world))
    yield Step("organizations.confirm_removals", f"{held}/remove", "removals_confirmed", hold(world))
    yield Step("organizations.show_secret", secret, "webhook_secret_shown")
    stored = f"/orgs/acme/settings/credentials/{stored_app(world)}"
    yield Step("organizations.show_app_secret", f"{stored}/webhook", "webhook_secret_shown")
    yield Step("organizations.remove_stored", f"{stored}/remove", "credential_removed")


def stored_app(world: World) -> int:
    """A GitHub App that the organization has stored and does not use."""
    box = world.runtime.secret_box
    with world.write() as session:
        app = Credential(
            kind=CredentialKind.GITHUB_APP, integration_id=1, organization_id=world.organization_id, username="42"
        )
        app.seal_tokens(box, access_token="token", refresh_token="key")
        session.add(app)
        ensure_app_hook(session, box, integration_id=1, app_id="42")
        session.flush()
        return app.id


def forms_of_packages_and_tokens(world: World) -> Iterator[Step]:
    token: dict[str, object] = {"name": "deploy", "life": "30"}
    yield Step("organizations.add_token", "/orgs/acme/settings/tokens", "token_created", token)
    yield Step("organizations.end_token", f"/orgs/acme/settings/tokens/{newest_token(world)}/revoke", "token_revoked")
    yield Step("accounts.create_token", "/profile/tokens", "token_created", token)
    yield Step("accounts.revoke_token", f"/profile/tokens/{newest_token(world)}/revoke", "token_revoked")
    yield Step("organizations.delete_package", "/orgs/acme/packages/acme/logging/delete", "package_removed")
    with world.runtime.database.read() as session:
        repository_id = session.scalar(select(Repository.id).where(Repository.excluded_at.is_not(None)))
    yield Step("organizations.add_repository", f"/orgs/acme/repositories/{repository_id}/add", "package_added")


def forms_of_the_installation(world: World) -> Iterator[Step]:
    with world.write() as session:
        session.get_one(User, world.users["ann"]).is_administrator = True
    settings: dict[str, object] = {"name": "New", "organization_creation": "administrators"}
    settings |= {"synchronization_minutes": 30, "full_synchronization_hours": 12, "remote_missing_hours": 24}
    yield Step("admin.change_settings", "/admin/settings", "settings_changed", settings)
    carla = f"/admin/users/{world.users['carla']}"
    yield Step("admin.change_user", f"{carla}/grant", "administrator_granted")
    yield Step("admin.change_user", f"{carla}/revoke", "administrator_revoked")
    yield Step("admin.change_user", f"{carla}/disable", "user_disabled")
    yield Step("admin.change_user", f"{carla}/enable", "user_enabled")
    yield Step("admin.change_user", f"{carla}/end-sessions", "sessions_ended")


def forms_of_the_profile(world: World) -> Iterator[Step]:
    with world.write() as session:
        integration = add_integration(session, world.runtime.secret_box, slug="second")
        user_id = world.users["ann"]
        account = Identity(integration_id=integration.id, user_id=user_id, remote_id="7", login="ann2")
        elsewhere = WebSession(user_id=user_id, digest=digest_secret("elsewhere"))
        session.add_all([account, elsewhere])
        session.flush()
        disconnect, end = f"/profile/accounts/{account.id}/disconnect", f"/profile/sessions/{elsewhere.id}/end"
    yield Step("accounts.disconnect", disconnect, "account_disconnected")
    yield Step("accounts.end_session", end, "sessions_ended")
    yield Step("accounts.end_other_sessions", "/profile/sessions/end-others", "sessions_ended")
    yield Step("accounts.log_out", "/logout", "logged_out")


def hold(world: World) -> dict[str, object]:
    """Make removals that wait, and what the form about them sends."""
    with world.write() as session:
        number = session.query(SyncRun).count() + 1
        run = SyncRun(synchronization_id=world.synchronization_id, number=number, seq=number, phase=RunPhase.DONE)
        session.add(run)
        session.flush()
        key = {"key": f"team:{number}:30", "kind": "team", "action": "remove", "name": "x", "detail": "", "url": ""}
        session.add(Hold(synchronization_id=world.synchronization_id, run_id=run.id, removals=[key]))
    return shown(world)


def shown(world: World) -> dict[str, object]:
    """What the form about the newest removals sends."""
    with world.runtime.database.read() as session:
        newest = session.scalars(select(Hold).where(Hold.state != HoldState.ENDED).order_by(Hold.id.desc())).first()
        assert newest is not None
        return {"hold": newest.id, "digest": digest_of(newest)}


def newest_token(world: World) -> int:
    with world.runtime.database.read() as session:
        return session.scalars(select(ComposerToken.id).order_by(ComposerToken.id.desc())).first() or 0


def records(world: World) -> list[tuple[str, str, int | None]]:
    with world.runtime.database.read() as session:
        query = select(AuditRecord.action, AuditRecord.ip_address, AuditRecord.actor_user_id).order_by(AuditRecord.id)
        return [(row[0], row[1], row[2]) for row in session.execute(query)]


def test_every_form_leaves_one_record_with_who_sent_it_and_from_where(world: World) -> None:
    browser, seen = world.browser("ann"), set()

    for count, step in enumerate(forms(world)):
        answer = browser.post(step.path, **step.form)

        written = records(world)[count:]
        assert written == [(step.action, "127.0.0.1", world.users["ann"])], (step, answer.status_code)
        seen.add(step.endpoint)

    known = seen | CHANGES_NO_ACCESS | set(NEEDS_A_HOST)
    rules = list(world.app.url_map.iter_rules())
    assert {rule.endpoint for rule in rules if changes_something(world, rule)} - known == set()
    assert known - {rule.endpoint for rule in rules} == set()


def changes_something(world: World, rule: Rule) -> bool:
    methods, endpoint = rule.methods or set(), rule.endpoint
    return bool(methods - READING_METHODS) or getattr(world.app.view_functions[endpoint], "is_writing", False)


def test_what_needs_a_host_or_a_command_line_is_proved_elsewhere() -> None:
    elsewhere = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path != Path(__file__))

    actions = set().union(*NEEDS_A_HOST.values(), *COMMANDS.values())

    assert {action for action in actions if f'"{action}"' not in elsewhere} == set()


def test_every_command_is_known_to_change_access_or_not() -> None:
    assert set(commands(repertory)) == {*COMMANDS, *COMMANDS_THAT_CHANGE_NO_ACCESS}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"
