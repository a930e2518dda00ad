"""Settings of the instance, its activity, its log and its health."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from admin.settings import describe_server
from models import (
    AuditRecord,
    DeliveryResult,
    Instance,
    Integration,
    JobRun,
    JobState,
    Organization,
    OrganizationCreation,
    RunResult,
    Runtime,
    Synchronization,
    SyncRun,
    Webhook,
    WebhookDelivery,
    utc_now,
)
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import field_error, text_of

VALUES = {
    "name": "Acme packages",
    "organization_creation": "administrators",
    "synchronization_minutes": "30",
    "full_synchronization_hours": "12",
    "remote_missing_hours": "24",
}


def instance(runtime: Runtime) -> Instance:
    with runtime.database.read() as session:
        return session.get_one(Instance, 1)


def add_synchronization(runtime: Runtime) -> int:
    """An organization that was synchronized once, with one delivery."""
    with runtime.database.write() as session:
        organization = Organization(short_name="acme", name="Acme")
        integration = session.scalars(select(Integration)).one()
        synchronization = Synchronization(
            organization=organization,
            integration=integration,
            remote_kind="group",
            remote_id="1",
            remote_name="Acme",
            remote_path="acme/php",
            is_primary=True,
        )
        session.add(synchronization)
        session.flush()
        run = SyncRun(synchronization_id=synchronization.id, number=1, seq=1, request_count=12)
        run.result, run.error_text, run.ended_at = RunResult.FAILED, "the host did not answer", utc_now()
        hook = Webhook(synchronization_id=synchronization.id)
        hook.seal_secret(runtime.secret_box, "hush")
        session.add_all([run, hook])
        session.flush()
        delivery = WebhookDelivery(webhook_id=hook.id, key="1", event="push", body_digest="x", repeat_count=1)
        delivery.result = DeliveryResult.PROCESSED
        session.add(delivery)
        return synchronization.id


def test_settings_are_saved_and_recorded(ann: Person, runtime: Runtime) -> None:
    answer = ann.post("/admin/settings", VALUES)

    assert answer.headers["Location"] == "/admin/settings"
    page = text_of(ann.get("/admin/settings"))
    assert "The settings are saved." in page
    assert page.startswith("Settings · Acme packages")
    saved = instance(runtime)
    assert saved.organization_creation is OrganizationCreation.ADMINISTRATORS
    assert (saved.synchronization_minutes, saved.full_synchronization_hours, saved.remote_missing_hours) == (30, 12, 24)
    with runtime.database.read() as session:
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "settings_changed")).one()
    assert record.actor == "ann"
    assert record.details["synchronization_minutes"] == [60, 30]
    assert record.details["remote_missing_hours"] == [72, 24]


def test_saving_what_is_there_records_nothing(ann: Person, runtime: Runtime) -> None:
    ann.post("/admin/settings", VALUES)
    ann.post("/admin/settings", VALUES)

    with runtime.database.read() as session:
        assert len(session.scalars(select(AuditRecord).where(AuditRecord.action == "settings_changed")).all()) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "Give it a name."),
        ("synchronization_minutes", "1", "Enter 5 to 1440 minutes."),
        ("synchronization_minutes", "often", "Not a valid integer value."),
        ("full_synchronization_hours", "169", "Enter 1 to 168 hours."),
        ("remote_missing_hours", "0", "Enter 1 to 720 hours."),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_saved(
    ann: Person, runtime: Runtime, field: str, value: str, words: str
) -> None:
    answer = ann.post("/admin/settings", {**VALUES, field: value})

    assert words in field_error(answer, field)
    assert instance(runtime).name == "Repertory"


def test_settings_can_be_set_during_the_setup(owner: Person, runtime: Runtime) -> None:
    assert owner.post("/admin/settings", VALUES).status_code == 303
    assert instance(runtime).name == "Acme packages"


def test_settings_of_the_server_are_shown_without_their_passwords(runtime: Runtime, tmp_path: Path) -> None:
    settings = replace(
        runtime.settings, outbound_proxy="http://user:hunter2@proxy.example:3128", outbound_ca_file=tmp_path / "ca.pem"
    )

    shown = {setting.name: setting.value for setting in describe_server(settings)}

    assert shown["OUTBOUND_PROXY"] == "http://…@proxy.example:3128"
    assert shown["OUTBOUND_CA_FILE"] == str(tmp_path / "ca.pem")
    assert shown["REPERTORY_BASE_URL"] == settings.base_url
    assert "hunter2" not in str(shown)


def test_jobs_are_listed_and_filtered_by_state(ann: Person, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        failed = JobRun(name="composer.jobs.update", queue="packages", title="Update acme/lib", attempts=4)
        failed.state, failed.error, failed.ended_at = JobState.FAILED, "git did not answer", utc_now()
        waiting = JobRun(name="sync.jobs.run", queue="sync", title="Synchronize Acme", actor="ann")
        waiting.run_after = utc_now() + timedelta(hours=1)
        session.add_all([failed, waiting])

    everything = text_of(ann.get("/admin/activity"))
    only_failed = text_of(ann.get("/admin/activity?state=failed"))

    assert "Update acme/lib git did not answer" in everything
    assert "Synchronize Acme" in everything
    assert "Failed · try 4" in only_failed
    assert "Synchronize Acme" not in only_failed
    assert ann.get("/admin/activity?state=nonsense").status_code == 200


def test_runs_deliveries_and_organizations_are_listed(ann: Person, runtime: Runtime) -> None:
    add_synchronization(runtime)

    assert "Acme #1 full synchronization acme/php at GitLab" in text_of(ann.get("/admin/activity/synchronizations"))
    assert "the host did not answer" in text_of(ann.get("/admin/activity/synchronizations"))
    assert "push Acme from GitLab Processed · sent 2 times" in text_of(ann.get("/admin/activity/deliveries"))
    assert "Acme acme 0 0 1" in text_of(ann.get("/admin/organizations"))
    assert "1 synchronization " in text_of(ann.get("/admin"))


def test_the_log_is_filtered(ann: Person) -> None:
    ann.post("/admin/settings", VALUES)

    words = text_of(ann.get("/admin/log?text=settings"))

    assert "ann changed the settings of this installation" in words
    assert "created the integration" not in words
    assert "created the integration gitlab" in text_of(ann.get("/admin/log"))


def test_health_shows_checks_and_versions(ann: Person, runtime: Runtime) -> None:
    words = text_of(ann.get("/admin/health"))

    assert "Nobody works on the queues" in words
    assert ("SQLite 3" if runtime.database.is_sqlite else "PostgreSQL 15") in words
    assert "cryptography" in words


def test_administrators_find_the_way_in_their_menu_and_others_do_not(ann: Person, bob: Person) -> None:
    assert "Administration" in text_of(ann.get("/profile"))
    assert "Administration" not in text_of(bob.get("/profile"))
