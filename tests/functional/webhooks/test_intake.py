"""Deliveries as GitLab sends them: proven, written down once, and answered at once."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from integrations.gitlab.hooks import signing_token
from integrations.service import open_code_host
from models import (
    DeliveryResult,
    JobRun,
    JobState,
    Package,
    PackageState,
    PackageUpdate,
    Repository,
    SyncRun,
    Webhook,
    WebhookDelivery,
    WebhookState,
    open_runtime,
    utc_now,
)
from sync.hooks import install_hooks
from tests.fakes.gitlab import sign
from tests.functional.composer.registry import Registry, manifest
from tests.jobs import make_due
from webhooks.jobs import delete_old_deliveries
from webhooks.views import LARGEST_DELIVERY
from wsgi import create_app

PUSH = "Push Hook"


def install(registry: Registry) -> Webhook:
    """Let the synchronization install its hook at the host."""
    install_hooks(registry.runtime, synchronization_id=registry.synchronization_id, open_host=open_code_host)
    return hook(registry)


def hook(registry: Registry) -> Webhook:
    with registry.runtime.database.read() as session:
        return session.scalars(select(Webhook)).one()


def address(registry: Registry) -> str:
    return f"{registry.runtime.settings.base_url}/hooks/{hook(registry).public_id}"


def secret(registry: Registry) -> str:
    return hook(registry).unseal_secret(registry.runtime.secret_box)


def push_body(registry: Registry, path: str = "logging", ref: str = "refs/heads/main") -> bytes:
    project = registry.projects[path].id
    return json.dumps({"object_kind": "push", "ref": ref, "project": {"id": project}, "project_id": project}).encode()


def deliver(registry: Registry, body: bytes, *, key: str | None = None, **headers: str) -> requests.Response:
    """One delivery with the right token, unless `headers` say otherwise."""
    sent = {
        "Content-Type": "application/json",
        "X-Gitlab-Event": PUSH,
        "X-Gitlab-Token": secret(registry),
        "Idempotency-Key": key or str(uuid.uuid4()),
        **headers,
    }
    return requests.post(address(registry), data=body, headers=sent, timeout=30, allow_redirects=False)


def rows(registry: Registry) -> list[WebhookDelivery]:
    with registry.runtime.database.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def waiting(registry: Registry, name: str) -> int:
    with registry.runtime.database.read() as session:
        query = select(func.count(JobRun.id)).where(JobRun.state == JobState.QUEUED, JobRun.name.endswith(name))
        return session.scalar(query) or 0


def test_a_push_at_the_host_updates_its_package_and_nothing_else(registry: Registry) -> None:
    install(registry)

    registry.fake.tag(registry.projects["logging"], "v1.1.0")
    delivered = registry.fake.wait_for_deliveries()

    assert [record.status for record in delivered] == [202]
    assert (waiting(registry, "update_package"), waiting(registry, "synchronize_organization")) == (1, 0)
    with registry.runtime.database.read() as session:  # never behind the first import of a large company
        queues = session.scalars(select(JobRun.queue).where(JobRun.state == JobState.QUEUED)).all()
    assert queues == ["interactive"]
    (row,) = rows(registry)
    assert (row.result, row.event) == (DeliveryResult.PROCESSED, "Tag Push Hook / tag_push")
    registry.run_jobs()
    assert [entry["ref"] for entry in registry.last_update("acme/logging").entries] == ["v1.1.0"]
    assert hook(registry).last_delivery_at is not None


def test_a_push_to_a_repository_without_package_lets_the_synchronization_look(registry: Registry) -> None:
    project = registry.add_project("tools", files={"README.md": "nothing yet"})
    with registry.runtime.database.write() as session:
        session.scalars(select(Repository).where(Repository.name == "tools")).one().manifest_checked_at = utc_now()
    install(registry)

    registry.fake.commit(project, {"composer.json": manifest("acme/tools")})
    registry.fake.wait_for_deliveries()

    assert waiting(registry, "synchronize_organization") == 1
    make_due(registry.runtime)
    registry.run_jobs()
    assert registry.package("acme/tools").state is PackageState.ACTIVE


def test_a_change_of_members_asks_for_a_run(registry: Registry) -> None:
    install(registry)

    registry.fake.add_member(registry.group, registry.fake.add_user("bob"))
    registry.fake.wait_for_deliveries()

    assert (waiting(registry, "synchronize_organization"), waiting(registry, "update_package")) == (1, 0)
    with registry.runtime.database.read() as session:  # the person at once, everybody a little later
        queued = select(JobRun.name, JobRun.queue, JobRun.run_after <= utc_now()).where(JobRun.state == JobState.QUEUED)
        jobs = {name.rpartition(".")[2]: (queue, bool(is_due)) for name, queue, is_due in session.execute(queued)}
    assert jobs == {"synchronize_person": ("interactive", True), "synchronize_organization": ("sync", False)}


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_delivery_that_proves_nothing_is_refused_and_leaves_no_trace(registry: Registry, token: str) -> None:
    install(registry)

    answer = deliver(registry, push_body(registry), **{"X-Gitlab-Token": token})

    assert answer.status_code == 401
    assert "token of the delivery" in answer.json()["warning"]
    assert rows(registry) == []
    assert waiting(registry, "update_package") == 0


def test_an_address_that_is_none_of_ours_is_not_found(registry: Registry) -> None:
    install(registry)
    base = registry.runtime.settings.base_url

    for path in ("/hooks/" + "0" * 32, "/hooks/%00", "/hooks/a%2f..%2fb"):
        assert requests.post(base + path, data=b"{}", timeout=30).status_code == 404


def test_a_removed_hook_is_not_found(registry: Registry) -> None:
    install(registry)
    with registry.runtime.database.write() as session:
        session.scalars(select(Webhook)).one().state = WebhookState.REMOVED

    assert deliver(registry, push_body(registry)).status_code == 404


def test_one_address_can_not_be_tried_for_ever(registry: Registry) -> None:
    install(registry)

    answers = [deliver(registry, b"{}", **{"X-Gitlab-Token": "x"}).status_code for _ in range(32)]

    assert answers[:30] == [401] * 30
    assert answers[-1] == 429
    assert deliver(registry, push_body(registry)).status_code == 202


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_delivery_is_refused(registry: Registry, body: bytes) -> None:
    install(registry)

    assert deliver(registry, body).status_code == 400
    assert rows(registry) == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(registry: Registry) -> None:
    install(registry)

    answer = deliver(registry, b" " * (26 * 1024 * 1024 + 1))

    assert answer.status_code == 413


def test_a_large_delivery_is_taken_in(registry: Registry) -> None:
    install(registry)
    body = json.loads(push_body(registry)) | {"commits": ["x" * 1000] * 10_000}

    assert deliver(registry, json.dumps(body).encode()).status_code == 202
    assert len(rows(registry)[0].body_excerpt) <= 16 * 1024


def test_a_repeated_delivery_is_counted_and_asks_for_nothing_again(registry: Registry) -> None:
    install(registry)
    first = deliver(registry, push_body(registry), key="same")
    registry.run_jobs()

    again = deliver(registry, push_body(registry), key="same")

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == {"delivery": first.json()["delivery"], "duplicate": True}
    (row,) = rows(registry)
    assert row.repeat_count == 1
    assert waiting(registry, "update_package") == 0


def test_a_delivery_that_was_sent_again_helps_a_package_that_failed(registry: Registry) -> None:
    install(registry)
    deliver(registry, push_body(registry), key="same")
    registry.run_jobs()
    with registry.runtime.database.write() as session:
        session.scalars(select(Package)).one().state = PackageState.FAILING

    deliver(registry, push_body(registry), key="same")

    assert waiting(registry, "update_package") == 1


def test_secrets_in_a_body_are_not_kept(registry: Registry) -> None:
    install(registry)
    body = json.loads(push_body(registry)) | {"url": "https://me:pass1234@host/x.git", "note": "glpat-abcdefgh1234"}

    deliver(registry, json.dumps(body).encode())

    (row,) = rows(registry)
    assert "pass1234" not in row.body_excerpt
    assert "glpat-abcdefgh1234" not in row.body_excerpt


def test_a_nul_in_a_body_or_key_breaks_nothing(registry: Registry) -> None:
    install(registry)
    body = json.loads(push_body(registry)) | {"note": "a\u0000b", "event_name": "pu\u0000sh"}

    assert deliver(registry, json.dumps(body).encode(), key="k" * 5000).status_code == 202
    assert len(rows(registry)[0].key) <= 200


def test_a_hundred_deliveries_at_once_are_all_kept_and_lead_to_few_updates(registry: Registry) -> None:
    install(registry)
    project = registry.projects["logging"]
    for number in range(3):
        registry.fake.tag(project, f"v2.{number}.0")
    registry.fake.wait_for_deliveries()
    registry.run_jobs()
    before = len(rows(registry))
    headers = {"X-Gitlab-Token": secret(registry), "X-Gitlab-Event": PUSH}
    url, body = address(registry), push_body(registry)
    registry.fake.repository(project).set_ref("refs/tags/v3.0.0", registry.fake.repository(project).resolve("HEAD"))

    def send(number: int) -> int:
        sent = headers | {"Idempotency-Key": f"key-{number % 50}"}
        return requests.post(url, data=body, headers=sent, timeout=60).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(100)))

    assert answers == [202] * 100
    assert len(rows(registry)) - before == 50
    assert sum(row.repeat_count for row in rows(registry)) == 50
    assert waiting(registry, "update_package") == 1
    with registry.runtime.database.read() as session:
        count_before = session.scalar(select(func.count(PackageUpdate.id))) or 0
    registry.run_jobs()
    with registry.runtime.database.read() as session:
        assert (session.scalar(select(func.count(PackageUpdate.id))) or 0) - count_before <= 2
        package = session.scalars(select(Package)).one()
        assert package.requested_seq == package.started_seq
        assert "v3.0.0" in {version.version for version in package.versions}


def test_an_event_during_an_update_leads_to_one_more(registry: Registry) -> None:
    install(registry)
    deliver(registry, push_body(registry))
    with registry.runtime.database.write() as session:
        package = session.scalars(select(Package)).one()
        package.started_seq, package.requested_seq = package.requested_seq, package.requested_seq + 1

    registry.run_jobs()

    package = registry.package("acme/logging")
    assert package.started_seq == package.requested_seq


@pytest.mark.parametrize("version", ["19.1.0-ee"])
def test_a_hook_that_has_signed_may_not_fall_back_to_its_token(registry: Registry) -> None:
    install(registry)
    registry.fake.tag(registry.projects["logging"], "v1.1.0")
    assert [record.status for record in registry.fake.wait_for_deliveries()] == [202]
    assert hook(registry).has_signed

    unsigned = deliver(registry, push_body(registry))

    assert unsigned.status_code == 401
    assert "signed" in unsigned.json()["warning"]


def test_a_signature_over_other_bytes_or_of_long_ago_is_refused(registry: Registry) -> None:
    install(registry)
    body, token = push_body(registry), signing_token(secret(registry))
    good = sign(token, "one", utc_now(), body)
    old = sign(token, "two", utc_now() - timedelta(minutes=6), body)

    assert deliver(registry, body + b" ", **good).status_code == 401
    assert deliver(registry, body, **old).status_code == 401
    assert deliver(registry, body, **good).status_code == 202


def test_without_redis_deliveries_are_still_taken_in(registry: Registry) -> None:
    install(registry)
    settings = replace(registry.runtime.settings, redis_url="redis://127.0.0.1:1/0")
    runtime = open_runtime(settings)
    app = create_app(runtime=runtime)

    answer = app.test_client().post(
        f"/hooks/{hook(registry).public_id}",
        data=push_body(registry),
        headers={"X-Gitlab-Token": secret(registry), "X-Gitlab-Event": PUSH},
        base_url=settings.base_url,
    )
    runtime.database.close()

    assert answer.status_code == 202
    assert waiting(registry, "update_package") == 1


def test_without_the_database_the_host_is_told_to_come_again(registry: Registry) -> None:
    install(registry)
    body, token, url = push_body(registry), secret(registry), address(registry)

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("gone"))

    engines = {registry.runtime.database.read_engine, registry.runtime.database.write_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", fail)
    headers = {"X-Gitlab-Token": token, "X-Gitlab-Event": PUSH}
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", fail)

    assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
    assert rows(registry) == []


def test_what_was_delivered_is_forgotten_after_a_month(registry: Registry) -> None:
    install(registry)
    deliver(registry, push_body(registry), key="old")
    deliver(registry, push_body(registry), key="new")
    with registry.runtime.database.write() as session:
        old = session.scalars(select(WebhookDelivery).where(WebhookDelivery.key == "old")).one()
        old.received_at = utc_now() - timedelta(days=31)

    delete_old_deliveries(registry.runtime)

    assert [row.key for row in rows(registry)] == ["new"]


def test_a_hook_that_was_thought_lost_is_alive_after_a_delivery(registry: Registry) -> None:
    install(registry)
    with registry.runtime.database.write() as session:
        row = session.scalars(select(Webhook)).one()
        row.state, row.state_reason = WebhookState.FAILED, "the host does not answer"

    deliver(registry, push_body(registry))

    assert (hook(registry).state, hook(registry).state_reason) == (WebhookState.ACTIVE, "")


def test_a_run_that_a_webhook_asked_for_says_so(registry: Registry) -> None:
    install(registry)
    registry.fake.add_member(registry.group, registry.fake.add_user("bob"))
    registry.fake.wait_for_deliveries()

    with registry.runtime.database.read() as session:
        run = session.scalars(select(SyncRun)).one()

    assert run.reasons == ["webhook: people or permissions changed"]


def test_the_body_for_an_unknown_address_is_not_even_read(registry: Registry) -> None:
    too_large = b"x" * (LARGEST_DELIVERY + 1)  # read, it would be answered with 413

    answer = registry.app.test_client(use_cookies=False).post(
        "/hooks/unknown", base_url=registry.runtime.settings.base_url, data=too_large
    )

    assert answer.status_code == 404
