"""Two processes at once: one claim, one refresh, one person per account; and a crash in between."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.synchronize import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config import Settings
from integrations.errors import CodeHostError, NotFound, Unauthorized, Unavailable
from integrations.service import TokenReplaced, judge_refusal, open_code_host, open_git, react_to_unauthorized
from models import (
    Credential,
    CredentialKind,
    CredentialState,
    Identity,
    Instance,
    InstanceState,
    Integration,
    Runtime,
    User,
    open_runtime,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.accounts.journey import Person, add_integration, make_app

FORK = multiprocessing.get_context("fork")


def in_processes(work: Callable[[int], str], count: int) -> list[str]:
    """Do the work in so many processes that start at the same moment; what each answered, sorted."""
    barrier, queue = FORK.Barrier(count), FORK.SimpleQueue()

    def body(number: int, barrier: Barrier) -> None:
        barrier.wait(20)
        try:
            queue.put(work(number))
        finally:
            os._exit(0)

    processes = [FORK.Process(target=body, args=(number, barrier)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return sorted(queue.get() for _ in processes)


def open_setup(settings: Settings, gitlab: FakeGitLab, **changes: object) -> tuple[Runtime, Flask]:
    runtime = open_runtime(replace(settings, outbound_allow=(f"127.0.0.1:{gitlab.port}",), **changes))  # type: ignore[arg-type]
    app = make_app(runtime)
    add_integration(runtime, gitlab)
    return runtime, app


def test_of_two_processes_that_claim_at_once_exactly_one_wins(settings: Settings, gitlab: FakeGitLab) -> None:
    runtime, app = open_setup(settings, gitlab)
    people = [Person(app, settings.base_url, "ann"), Person(app, settings.base_url, "bob")]
    callbacks = [person.travel(purpose="claim_admin") for person in people]
    runtime.database.close()

    def claim(number: int) -> str:
        app.extensions["repertory_runtime"].database.forget()
        return str(people[number].come_back(callbacks[number]).status_code)

    results = in_processes(claim, 2)

    assert results[0] == "303"
    assert results[1] in {"400", "409", "404"}, "refused, whether it came to the claim or was late for its flow"
    with runtime.database.read() as session:
        assert session.scalars(select(Instance.state)).one() is InstanceState.ACTIVE
        assert session.scalar(select(func.count()).select_from(User).where(User.is_administrator)) == 1
        assert session.scalar(select(func.count()).select_from(User)) == 1, "nothing is left of the one who lost"
    runtime.database.close()


def test_a_crash_in_the_middle_of_the_claim_leaves_setup_mode_and_it_can_be_repeated(
    settings: Settings, gitlab: FakeGitLab
) -> None:
    runtime, app = open_setup(settings, gitlab, failpoints="claim_before_commit")
    ann = Person(app, settings.base_url, "ann")
    callback = ann.travel(purpose="claim_admin")
    runtime.database.close()

    def claim() -> None:
        app.extensions["repertory_runtime"].database.forget()
        ann.come_back(callback)
        os._exit(0)

    process = FORK.Process(target=claim)
    process.start()
    process.join(30)

    assert process.exitcode == -signal.SIGKILL
    with runtime.database.read() as session:
        assert session.scalars(select(Instance.state)).one() is InstanceState.SETUP
        assert session.scalar(select(func.count()).select_from(User)) == 0
    again = make_app(open_runtime(replace(runtime.settings, failpoints="")))
    assert Person(again, settings.base_url, "ann").log_in(purpose="claim_admin").status_code == 303
    again.extensions["repertory_runtime"].database.close()
    runtime.database.close()


def test_two_first_logins_of_one_account_make_one_person(app: Flask, runtime: Runtime) -> None:
    browsers = [Person(app, runtime.settings.base_url, "ann") for _ in range(3)]
    callbacks = [browser.travel() for browser in browsers]
    runtime.database.close()

    def come_back(number: int) -> str:
        runtime.database.forget()
        return str(browsers[number].come_back(callbacks[number]).status_code)

    assert in_processes(come_back, 3) == ["303", "303", "303"]

    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert session.scalar(select(func.count()).select_from(Identity)) == 1


def test_two_requests_with_one_callback_log_in_once(app: Flask, runtime: Runtime) -> None:
    ann = Person(app, runtime.settings.base_url, "ann")
    callback = ann.travel()
    runtime.database.close()

    def come_back(_number: int) -> str:
        runtime.database.forget()
        return str(ann.come_back(callback).status_code)

    assert in_processes(come_back, 2) == ["303", "400"]


# --- refreshing tokens ----------------------------------------------------------------------------------------------


@pytest.fixture
def credential_id(app: Flask, runtime: Runtime, gitlab: FakeGitLab) -> int:
    """Ann's OAuth grant at the fake, whose access token has to be refreshed now."""
    ann = next(user for user in gitlab.state.users.values() if user.username == "ann")
    now = utc_now()
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration)).one()
        granted = gitlab.oauth_token(ann, integration.client_id)
        credential = Credential(kind=CredentialKind.OAUTH, integration_id=integration.id, name="ann")
        credential.seal_tokens(
            runtime.secret_box,
            access_token=str(granted["access_token"]),
            refresh_token=str(granted["refresh_token"]),
        )
        credential.obtained_at, credential.expires_at = now - timedelta(hours=2), now + timedelta(minutes=1)
        session.add(credential)
        session.flush()
        return credential.id


def read(runtime: Runtime, credential_id: int) -> Credential:
    with runtime.database.read() as session:
        return session.get_one(Credential, credential_id)


def refreshes(gitlab: FakeGitLab) -> int:
    return sum(count for name, count in gitlab.request_counts.items() if name == "POST /oauth/token")


def test_a_token_that_is_due_is_refreshed_and_both_new_ones_are_kept(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    before = read(runtime, credential_id)

    host = open_code_host(runtime, credential_id)

    assert host.directory.viewer().account.login == "ann"
    after = read(runtime, credential_id)
    assert after.version == before.version + 1
    assert after.refresh_lease_until is None
    assert after.unseal_refresh_token(runtime.secret_box) != before.unseal_refresh_token(runtime.secret_box)
    assert after.expires_at is not None
    assert after.expires_at > utc_now() + timedelta(minutes=110)


def test_a_token_with_enough_life_left_is_used_as_it_is(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    with runtime.database.write() as session:
        session.execute(update(Credential).values(obtained_at=utc_now(), expires_at=utc_now() + timedelta(minutes=120)))

    access = open_git(runtime, credential_id)

    assert refreshes(gitlab) == 0
    assert access.credential.username == "oauth2"
    assert access.network.allow_http
    assert access.network.resolve("127.0.0.1", gitlab.port) == "127.0.0.1"


def test_of_many_processes_one_refreshes_and_all_get_the_new_token(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    gitlab.misbehave(r"/oauth/token", Kind.SLOW, seconds=0.5)
    runtime.database.close()

    def use(_number: int) -> str:
        runtime.database.forget()
        try:
            return open_code_host(runtime, credential_id).directory.viewer().account.login
        except CodeHostError as error:
            return repr(error)

    assert in_processes(use, 4) == ["ann"] * 4
    assert refreshes(gitlab) == 1
    assert read(runtime, credential_id).version == 2


def test_a_lost_answer_is_asked_for_again_with_the_same_token(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    gitlab.misbehave(r"/oauth/token", Kind.CONNECTION_RESET, times=1)

    assert open_code_host(runtime, credential_id).directory.viewer().account.login == "ann"
    assert read(runtime, credential_id).version == 2


def test_a_host_that_does_not_answer_leaves_the_credential_as_it_is(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    before = read(runtime, credential_id)
    gitlab.misbehave(r"/oauth/token", Kind.CONNECTION_RESET)

    with pytest.raises(Unavailable):
        open_code_host(runtime, credential_id)

    after = read(runtime, credential_id)
    assert after.state is CredentialState.OK
    assert after.refresh_token_sealed == before.refresh_token_sealed
    assert after.refresh_lease_until is None, "the next one may try at once"
    gitlab.behave()
    assert open_code_host(runtime, credential_id).directory.viewer().account.login == "ann"


def test_a_refused_grant_asks_for_a_reconnect_and_keeps_the_tokens(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    before = read(runtime, credential_id)
    gitlab.revoke_token(before.unseal_access_token(runtime.secret_box))

    with pytest.raises(Unauthorized):
        open_code_host(runtime, credential_id)

    after = read(runtime, credential_id)
    assert after.state is CredentialState.NEEDS_RECONNECT
    assert "no longer accepts" in after.state_reason
    assert after.refresh_token_sealed == before.refresh_token_sealed
    with pytest.raises(Unauthorized):
        open_code_host(runtime, credential_id)
    assert refreshes(gitlab) == 1, "a marked credential is not tried again"


def test_a_grant_that_was_replaced_meanwhile_counts_instead_of_the_refused_one(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    old = read(runtime, credential_id)
    gitlab.revoke_token(old.unseal_access_token(runtime.secret_box))
    ann = next(user for user in gitlab.state.users.values() if user.username == "ann")

    def reconnect() -> None:
        with runtime.database.write() as session:
            credential = session.get_one(Credential, credential_id)
            granted = gitlab.oauth_token(ann, credential.integration.client_id)
            credential.seal_tokens(
                runtime.secret_box,
                access_token=str(granted["access_token"]),
                refresh_token=str(granted["refresh_token"]),
            )
            credential.obtained_at, credential.expires_at = utc_now(), utc_now() + timedelta(hours=2)
            credential.version += 1

    original = gitlab.misbehave(r"/oauth/token$", Kind.SLOW, seconds=2)
    thread = threading.Timer(0.1, reconnect)
    thread.start()

    assert open_code_host(runtime, credential_id).directory.viewer().account.login == "ann"
    thread.join()
    assert original.hits == 1
    assert read(runtime, credential_id).state is CredentialState.OK


def test_a_lease_left_by_a_dead_process_is_taken_over(runtime: Runtime, gitlab: FakeGitLab, credential_id: int) -> None:
    with runtime.database.write() as session:
        session.execute(update(Credential).values(refresh_lease_until=utc_now() - timedelta(seconds=1)))

    assert open_code_host(runtime, credential_id).directory.viewer().account.login == "ann"


def test_a_token_that_was_renewed_during_a_job_is_no_reason_to_reconnect(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    opened_at = utc_now() - timedelta(minutes=5)
    open_code_host(runtime, credential_id)

    with pytest.raises(Unavailable, match="replaced in the meantime"):
        react_to_unauthorized(runtime, credential_id, opened_at=opened_at, reason="401")
    assert refreshes(gitlab) == 1


def test_a_401_is_answered_by_one_refresh_before_anybody_is_bothered(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    with pytest.raises(Unavailable):
        react_to_unauthorized(runtime, credential_id, opened_at=utc_now(), reason="401")

    assert refreshes(gitlab) == 1
    assert read(runtime, credential_id).state is CredentialState.OK


def test_a_host_that_refuses_a_fresh_token_is_not_asked_for_another(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    open_code_host(runtime, credential_id)

    judged = judge_refusal(runtime, credential_id, Unauthorized("revoked at the host"), opened_at=utc_now())

    assert isinstance(judged, Unauthorized)
    assert refreshes(gitlab) == 1
    assert read(runtime, credential_id).state_reason == "revoked at the host"


def test_only_a_refused_credential_is_judged_anew(runtime: Runtime, credential_id: int) -> None:
    error = NotFound("gone")

    assert judge_refusal(runtime, credential_id, error, opened_at=utc_now()) is error
    assert isinstance(judge_refusal(runtime, None, Unauthorized("x"), opened_at=utc_now()), Unauthorized)
    old = utc_now() - timedelta(minutes=1)
    open_code_host(runtime, credential_id)
    assert isinstance(judge_refusal(runtime, credential_id, Unauthorized("x"), opened_at=old), TokenReplaced)


def test_a_401_without_a_refresh_token_asks_for_a_reconnect(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    with runtime.database.write() as session:
        session.execute(update(Credential).values(refresh_token_sealed=None))

    with pytest.raises(Unauthorized, match="revoked at the host"):
        react_to_unauthorized(runtime, credential_id, opened_at=utc_now(), reason="revoked at the host")

    assert read(runtime, credential_id).state is CredentialState.NEEDS_RECONNECT


def test_a_wrong_client_secret_does_not_spoil_the_credential(
    runtime: Runtime, gitlab: FakeGitLab, credential_id: int
) -> None:
    with runtime.database.write() as session:
        session.scalars(select(Integration)).one().seal_client_secret(runtime.secret_box, "wrong")

    with pytest.raises(CodeHostError, match="check the client ID and secret"):
        open_code_host(runtime, credential_id)

    assert read(runtime, credential_id).state is CredentialState.OK


def test_a_credential_of_a_deleted_integration_is_unauthorized(runtime: Runtime, credential_id: int) -> None:
    with runtime.database.write() as session:
        session.execute(update(Integration).values(deleted_at=utc_now()))

    with pytest.raises(Unauthorized, match="was deleted"):
        open_code_host(runtime, credential_id)
    with pytest.raises(Unauthorized, match="was deleted"):
        open_code_host(runtime, credential_id + 1000)
