"""Leases on rows of the domain."""

from datetime import timedelta

from sqlalchemy.orm import InstrumentedAttribute

from jobs.leases import claim_lease, release_lease, renew_lease
from models import Organization, Package, Runtime, utc_now

OWNER: InstrumentedAttribute[int | None] = Package.running_update_id


def make_package(runtime: Runtime) -> int:
    with runtime.database.write() as session:
        organization = Organization(short_name="acme", name="Acme")
        package = Package(organization=organization, name="acme/http")
        session.add(package)
        session.flush()
        return package.id


def claim(runtime: Runtime, package_id: int, owner_id: int) -> bool:
    with runtime.database.write() as session:
        return claim_lease(session, Package, package_id, OWNER, owner_id, seconds=60)


def let_it_expire(runtime: Runtime, package_id: int) -> None:
    with runtime.database.write() as session:
        session.get_one(Package, package_id).lease_until = utc_now() - timedelta(seconds=1)


def test_one_of_two_gets_the_row(runtime: Runtime) -> None:
    package_id = make_package(runtime)

    assert claim(runtime, package_id, 1)
    assert not claim(runtime, package_id, 2)


def test_a_row_whose_holder_was_not_heard_of_is_free(runtime: Runtime) -> None:
    package_id = make_package(runtime)
    claim(runtime, package_id, 1)
    let_it_expire(runtime, package_id)

    assert claim(runtime, package_id, 2)


def test_a_row_whose_holder_is_known_to_be_dead_is_free(runtime: Runtime) -> None:
    package_id = make_package(runtime)
    claim(runtime, package_id, 1)

    with runtime.database.write() as session:
        taken = [
            claim_lease(session, Package, package_id, OWNER, 2, or_when=Package.running_update_id == dead)
            for dead in (99, 1)
        ]

    assert taken == [False, True]


def test_a_row_that_does_not_exist_is_nobodys(runtime: Runtime) -> None:
    assert not claim(runtime, 404, 1)


def test_renewing_tells_the_holder_from_the_one_who_lost_it(runtime: Runtime) -> None:
    package_id = make_package(runtime)
    claim(runtime, package_id, 1)
    let_it_expire(runtime, package_id)
    claim(runtime, package_id, 2)

    with runtime.database.write() as session:
        kept = [renew_lease(session, Package, package_id, OWNER, owner) for owner in (1, 2)]

    assert kept == [False, True]


def test_a_late_holder_keeps_a_row_that_nobody_took(runtime: Runtime) -> None:
    package_id = make_package(runtime)
    claim(runtime, package_id, 1)
    let_it_expire(runtime, package_id)

    with runtime.database.write() as session:
        assert renew_lease(session, Package, package_id, OWNER, 1)

    assert not claim(runtime, package_id, 2)


def test_only_the_holder_gives_a_row_back(runtime: Runtime) -> None:
    package_id = make_package(runtime)
    claim(runtime, package_id, 1)

    with runtime.database.write() as session:
        given = [release_lease(session, Package, package_id, OWNER, owner) for owner in (2, 1)]

    assert given == [False, True]
    assert claim(runtime, package_id, 2)


def test_a_row_that_is_loaded_shows_the_lease(runtime: Runtime) -> None:
    package_id = make_package(runtime)

    with runtime.database.write() as session:
        package = session.get_one(Package, package_id)
        claim_lease(session, Package, package_id, OWNER, 7)

        assert package.running_update_id == 7
        assert package.lease_until is not None
