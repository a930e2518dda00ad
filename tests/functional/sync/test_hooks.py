"""Webhooks are installed at the highest level that the host allows, once, and repaired."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from integrations.errors import RateLimited, Unauthorized
from integrations.service import open_code_host
from models import Package, PackageState, Synchronization, Webhook, WebhookState
from sync.hooks import install_hooks
from tests.fakes.company import manifest_of
from tests.fakes.gitlab import FakeGitLab, Kind, Level
from tests.functional.sync.conftest import Company


@pytest.fixture(params=["premium", "free"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeGitLab]:
    """A group with two libraries; group hooks exist in the premium edition only."""
    with FakeGitLab(premium=request.param == "premium") as server:
        ann = server.add_user("ann")
        acme = server.add_group("acme")
        server.add_member(acme, ann, Level.OWNER)
        for name in ("clock", "logging"):
            server.commit(server.add_project(acme, name), {"composer.json": manifest_of(name, "A library", {})})
        yield server


def install(company: Company) -> None:
    install_hooks(company.runtime, synchronization_id=company.synchronization_id, open_host=open_code_host)


def hooks(company: Company) -> list[Webhook]:
    with company.runtime.database.read() as session:
        return list(session.scalars(select(Webhook).order_by(Webhook.id)))


def urls_at_host(company: Company) -> list[str]:
    return sorted(hook.url for hook in company.fake.state.hooks.values())


def test_one_hook_for_the_group_or_one_for_each_package(company: Company) -> None:
    company.synchronize()

    install(company)

    active = [hook for hook in hooks(company) if hook.state is WebhookState.ACTIVE]
    expected = 1 if company.fake.core.premium else 2
    assert len(active) == expected
    base_url = company.runtime.settings.base_url
    assert urls_at_host(company) == sorted(f"{base_url}/hooks/{hook.public_id}" for hook in active)


def test_installing_again_changes_nothing_at_the_host(company: Company) -> None:
    company.synchronize()
    install(company)
    before = urls_at_host(company)

    install(company)

    assert urls_at_host(company) == before


def test_a_hook_deleted_at_the_host_is_installed_again(company: Company) -> None:
    company.synchronize()
    install(company)
    before = urls_at_host(company)
    company.fake.state.hooks.clear()

    install(company)

    assert urls_at_host(company) == before


def test_where_group_hooks_are_not_to_be_had_the_reason_is_kept(company: Company) -> None:
    company.synchronize()

    install(company)

    refused = [hook for hook in hooks(company) if hook.state is WebhookState.FAILED]
    assert [bool(hook.state_reason) for hook in refused] == ([] if company.fake.core.premium else [True])


def test_trouble_with_the_host_leaves_the_hook_pending(company: Company) -> None:
    company.synchronize()
    company.fake.misbehave("/hooks", Kind.STATUS_500)

    install(company)

    assert {hook.state for hook in hooks(company)} == {WebhookState.PENDING}


@pytest.mark.parametrize(("kind", "error"), [(Kind.STATUS_401, Unauthorized), (Kind.RATE_LIMITED, RateLimited)])
def test_a_refused_or_limited_credential_is_the_callers_business(
    company: Company, kind: Kind, error: type[Exception]
) -> None:
    company.synchronize()
    company.fake.misbehave("/hooks", kind)

    with pytest.raises(error):
        install(company)


def test_without_a_credential_nothing_is_installed(company: Company) -> None:
    with company.runtime.database.write() as session:
        session.get_one(Synchronization, company.synchronization_id).credential_id = None

    install(company)

    assert hooks(company) == []


def test_a_removed_package_gets_no_hook(company: Company) -> None:
    company.synchronize()
    with company.runtime.database.write() as session:
        for package in session.scalars(select(Package)):
            package.state = PackageState.REMOVED

    install(company)

    assert len(urls_at_host(company)) == (1 if company.fake.core.premium else 0)


def test_hooks_of_repositories_go_when_one_for_all_takes_their_place(company: Company) -> None:
    company.fake.core.premium = False
    company.synchronize()
    install(company)
    assert len(urls_at_host(company)) == 2
    company.fake.core.premium = True
    company.fake.misbehave(r"/projects/\d+/hooks/\d+", Kind.STATUS_500, times=2)

    install(company)
    install(company)

    (url,) = urls_at_host(company)
    states = {hook.repository_id is None: hook.state for hook in hooks(company)}
    assert states == {True: WebhookState.ACTIVE, False: WebhookState.REMOVED}
    assert url.endswith(next(hook.public_id for hook in hooks(company) if hook.repository_id is None))


def test_a_hook_goes_with_the_last_package_of_its_repository(company: Company) -> None:
    company.fake.core.premium = False
    company.synchronize()
    install(company)
    with company.runtime.database.write() as session:
        session.query(Package).filter(Package.name == "acme/clock").one().state = PackageState.REMOVED

    install(company)

    assert len(urls_at_host(company)) == 1
    with company.runtime.database.write() as session:
        session.query(Package).filter(Package.name == "acme/clock").one().state = PackageState.ACTIVE
    install(company)
    assert len(urls_at_host(company)) == 2
    assert {hook.state for hook in hooks(company) if hook.repository_id} == {WebhookState.ACTIVE}
