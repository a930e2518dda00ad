"""A run asks the host only what has changed, and leaves a part of the rate limit to others."""

from collections.abc import Sequence
from shutil import rmtree

import pytest

from integrations.errors import RateLimited
from integrations.request_count import RateBudget
from integrations.service import open_code_host
from models import Credential, Identity, RunResult, SyncPart
from sync.reserve import reserve_for
from tests.fakes.gitlab import Level
from tests.fakes.parts.records import RequestRecord
from tests.functional.rows import add_credential
from tests.functional.sync.conftest import Company


def api_requests(company: Company) -> Sequence[RequestRecord]:
    """All but the one about the token, whose answer says when it was used last."""
    asked = [each for each in company.fake.requests if each.path.startswith("/api/")]
    return [each for each in asked if not each.path.endswith("/personal_access_tokens/self")]


def test_a_second_run_without_changes_reads_nothing_again(company: Company) -> None:
    company.synchronize()
    company.fake.requests.clear()

    company.synchronize()

    run = company.last_run()
    missing = [each for each in api_requests(company) if each.status == 404]
    assert all(each.template == "/projects/:id/repository/files/:path" for each in missing)
    assert {each.status for each in api_requests(company)} == {304, 404}
    assert (run.result, run.not_modified_count) == (RunResult.OK, len(api_requests(company)) - len(missing))
    assert run.changes == []


def test_only_what_has_changed_is_read_again_and_it_is_what_the_host_says(company: Company) -> None:
    company.synchronize()
    backend = company.fake.group("acme/backend")
    company.fake.add_member(backend, company.fake.user("mia"), Level.DEVELOPER)
    company.fake.requests.clear()

    company.synchronize()

    changed = [each.path for each in api_requests(company) if each.status == 200]
    assert f"/api/v4/groups/{backend.id}/members/all" in changed
    assert all("/members/all" in path for path in changed)
    assert "Mia Maple" in str(company.last_run().changes)


def test_another_account_gets_its_own_answers(company: Company) -> None:
    company.synchronize()
    box, dan = company.runtime.secret_box, company.fake.user("dan")
    with company.runtime.database.write() as session:
        identity = session.query(Identity).filter_by(remote_id=str(dan.id)).one()
        other = add_credential(session, box, identity, token=company.fake.personal_token(dan)).id
    company.fake.requests.clear()

    viewer = open_code_host(company.runtime, other).directory.viewer()

    assert viewer.account.login == "dan"
    assert {each.status for each in api_requests(company)} == {200}


def test_a_token_without_a_known_owner_keeps_answers_for_itself_alone(company: Company) -> None:
    company.synchronize()
    with company.runtime.database.write() as session:
        session.query(Credential).one().identity_id = None
    company.fake.requests.clear()

    company.synchronize()

    assert 304 not in {each.status for each in api_requests(company)}
    company.fake.requests.clear()
    company.synchronize()
    assert 304 in {each.status for each in api_requests(company)}


@pytest.mark.parametrize(
    ("reasons", "share"),
    [
        *((["schedule"], 0.3), (["webhook: repositories changed", "schedule"], 0.3), (["interrupted"], 0.3)),
        *((["button"], 0.0), (["schedule", "button"], 0.0), (["creation"], 0.0), (["changed credential"], 0.0)),
    ],
)
def test_runs_that_nobody_waits_for_leave_a_part_of_the_limit(reasons: list[str], share: float) -> None:
    assert reserve_for(reasons) == share


def test_a_run_in_the_background_ends_when_little_is_left_and_goes_on_when_there_is_more(company: Company) -> None:
    company.fake.limit_rate(30)
    host, root = open_code_host(company.runtime, 1, reserve=0.3), str(company.fake.group("acme").id)

    company.fake.clock.advance(seconds=60 - company.fake.clock.now().timestamp() % 60)
    for _ in range(21):
        host.directory.read_organization(root)
    with pytest.raises(RateLimited) as caught:
        host.directory.read_organization(root)

    assert host.request_count.budget == RateBudget(30, 9, caught.value.retry_at)
    assert len(api_requests(company)) == 21


def test_a_confirmation_of_nothing_leaves_that_part_as_it_was(company: Company) -> None:
    company.synchronize()
    rmtree(company.runtime.settings.data_dir / "answers")
    company.fake.misbehave(f"/groups/{company.fake.group('acme/backend').id}/members/all", "status_304")

    company.synchronize()

    run = company.last_run()
    assert (run.result, run.changes) == (RunResult.DEGRADED, [])
    assert "confirms an answer that we do not have" in str(list_reasons(company))


def list_reasons(company: Company) -> list[str]:
    """Why parts of the last run could not be read."""
    with company.runtime.database.read() as session:
        return [part.reason for part in session.query(SyncPart).filter_by(run_id=company.last_run().id)]
