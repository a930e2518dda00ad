"""Updates against a real git server: tags and branches come, move and go; zips stay."""

import io
import zipfile
from datetime import datetime

from sqlalchemy import select

from models import PackageState, Repository, TeamKind, UpdateResult
from tests.fakes.gitlab import Kind
from tests.functional.composer.registry import Registry, manifest


def log(registry: Registry, level: str, name: str = "acme/logging") -> list[str]:
    return [entry["ref"] for entry in registry.last_update(name).entries if entry["level"] == level]


def test_tags_and_branches_become_versions_with_zips(registry: Registry) -> None:
    registry.add_library("logging", "v1.0.0", "v1.1.0-beta1")
    owner = registry.add_person("ann", role=TeamKind.OWNERS)

    registry.run_jobs()

    stable = registry.versions("acme/logging", owner)
    assert [entry["version"] for entry in stable] == ["v1.1.0-beta1", "v1.0.0"]
    assert [entry["version"] for entry in registry.versions("acme/logging", owner, dev=True)] == ["dev-main"]
    package = registry.package("acme/logging")
    assert (package.state, package.description) == (PackageState.ACTIVE, "About acme/logging")
    offered = stable[0]["dist"]
    assert isinstance(offered, dict)
    answer = registry.get(str(offered["url"]).removeprefix("http://localhost:8000"), owner)
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert {name.rpartition("/")[2] for name in archive.namelist()} >= {"composer.json", "code.php"}


def test_nothing_new_writes_nothing(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    before = registry.package("acme/logging")

    update = registry.update("acme/logging")

    after = registry.package("acme/logging")
    assert update.result is UpdateResult.UNCHANGED
    assert update.entries == []
    assert after.metadata_changed_at == before.metadata_changed_at


def test_a_moved_tag_is_followed_and_both_zips_stay(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    old = registry.versions("acme/logging", owner)[0]["dist"]
    assert isinstance(old, dict)

    commit = registry.fake.commit(project, {"src/code.php": "<?php\n\nreturn 99;\n"})
    registry.fake.tag(project, "v1.0.0")
    registry.update("acme/logging")

    new = registry.versions("acme/logging", owner)[0]["dist"]
    assert isinstance(new, dict)
    assert new["reference"] == commit != old["reference"]
    assert "v1.0.0" in log(registry, "moved")
    for offered in (old, new):
        path = str(offered["url"]).removeprefix("http://localhost:8000")
        assert registry.get(path, owner).status_code == 200


def test_a_deleted_tag_leaves_the_metadata_but_its_zip_stays(registry: Registry) -> None:
    project = registry.add_library("logging", "v1.0.0", "v1.1.0")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    gone = registry.versions("acme/logging", owner)[1]["dist"]
    assert isinstance(gone, dict)

    registry.fake.delete_tag(project, "v1.0.0")
    registry.update("acme/logging")

    assert [entry["version"] for entry in registry.versions("acme/logging", owner)] == ["v1.1.0"]
    assert log(registry, "removed") == ["v1.0.0"]
    assert registry.get(str(gone["url"]).removeprefix("http://localhost:8000"), owner).status_code == 200


def test_a_broken_tag_is_skipped_with_its_reason_and_blocks_nothing(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.fake.commit(project, {"composer.json": '{"name": "acme/logging",'})
    registry.fake.tag(project, "v1.1.0")
    registry.fake.commit(project, {"composer.json": manifest("acme/logging")})
    owner = registry.add_person("ann", role=TeamKind.OWNERS)

    registry.run_jobs()

    assert [entry["version"] for entry in registry.versions("acme/logging", owner)] == ["v1.0.0"]
    skipped = [entry for entry in registry.last_update("acme/logging").entries if entry["level"] == "skipped"]
    assert [entry["ref"] for entry in skipped] == ["v1.1.0"]
    assert "JSON" in skipped[0]["message"]


def test_every_change_moves_the_date_forward_even_within_one_second(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    seen = [_changed_at(registry)]

    for number in range(3):
        registry.fake.commit(project, {"src/code.php": f"<?php\n\nreturn 1{number};\n"})
        registry.update("acme/logging")
        seen.append(_changed_at(registry))

    assert all(moment.microsecond == 0 for moment in seen)
    assert seen == sorted(set(seen))


def test_trouble_with_the_host_keeps_what_was_served_and_ends_by_itself(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    before = registry.get("/acme/p2/acme/logging.json", owner).get_data()

    registry.fake.misbehave(r"\.git/", Kind.STATUS_500)
    failed = registry.update("acme/logging")

    package = registry.package("acme/logging")
    assert (failed.result, package.state) == (UpdateResult.FAILED, PackageState.FAILING)
    assert package.state_reason
    assert registry.get("/acme/p2/acme/logging.json", owner).get_data() == before
    registry.fake.behave()
    assert registry.update("acme/logging").result is UpdateResult.UNCHANGED
    package = registry.package("acme/logging")
    assert (package.state, package.state_reason) == (PackageState.ACTIVE, "")


def test_an_archived_repository_is_abandoned_and_comes_back(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    assert "abandoned" not in registry.versions("acme/logging", owner)[0]

    _set_archived(registry, "logging", is_archived=True)
    registry.update("acme/logging")
    assert registry.versions("acme/logging", owner)[0]["abandoned"] is True

    _set_archived(registry, "logging", is_archived=False)
    registry.update("acme/logging")
    assert "abandoned" not in registry.versions("acme/logging", owner)[0]


def test_a_changed_name_makes_a_new_package_and_abandons_the_old_one(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)

    registry.fake.commit(project, {"composer.json": manifest("acme/records")})
    registry.update("acme/logging")
    registry.update("acme/records")

    old, new = registry.package("acme/logging"), registry.package("acme/records")
    assert (old.is_abandoned, old.replacement, old.state) == (True, "acme/records", PackageState.ACTIVE)
    assert registry.versions("acme/logging", owner)[0]["abandoned"] == "acme/records"
    assert [entry["version"] for entry in registry.versions("acme/records", owner)] == ["v1.0.0"]
    assert new.is_abandoned is False


def test_a_name_that_is_changed_back_returns_to_the_first_package(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    registry.fake.commit(project, {"composer.json": manifest("acme/records")})
    registry.update("acme/logging")
    registry.update("acme/records")

    registry.fake.commit(project, {"composer.json": manifest("acme/logging")})
    registry.update("acme/records")
    registry.update("acme/logging")

    first, second = registry.package("acme/logging"), registry.package("acme/records")
    assert (first.is_abandoned, first.replacement) == (False, "")
    assert (second.is_abandoned, second.replacement) == (True, "acme/logging")


def test_a_package_that_was_never_served_under_its_old_name_just_goes(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.fake.commit(project, {"composer.json": manifest("acme/records")})

    registry.run_jobs()

    assert registry.package("acme/logging").state is PackageState.REMOVED
    assert registry.update("acme/records").result is UpdateResult.CHANGED


def test_a_name_that_composer_refuses_keeps_what_was_served(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)

    registry.fake.commit(project, {"composer.json": manifest("Not A Name")})
    update = registry.update("acme/logging")

    assert update.result is UpdateResult.FAILED
    assert "not a name" in registry.package("acme/logging").state_reason
    assert [entry["version"] for entry in registry.versions("acme/logging", owner)] == ["v1.0.0"]


def test_an_abandoned_package_names_its_replacement(registry: Registry) -> None:
    registry.add_library("logging", abandoned="monolog/monolog")
    owner = registry.add_person("ann", role=TeamKind.OWNERS)

    registry.run_jobs()

    assert registry.versions("acme/logging", owner)[0]["abandoned"] == "monolog/monolog"
    assert registry.package("acme/logging").replacement == "monolog/monolog"


def _changed_at(registry: Registry) -> datetime:
    moment = registry.package("acme/logging").metadata_changed_at
    assert moment is not None
    return moment


def _set_archived(registry: Registry, path: str, *, is_archived: bool) -> None:
    with registry.runtime.database.write() as session:
        session.scalars(select(Repository).where(Repository.name == path)).one().is_archived = is_archived


def test_characters_that_no_database_takes_do_not_stop_an_update(registry: Registry) -> None:
    odd = "a\0b"
    registry.add_library("odd", description=odd, extra={odd: odd}, keywords=[odd], authors=[{"name": odd}])
    registry.run_jobs()

    token = registry.add_person("bob", reads=("odd",))

    assert registry.package("acme/odd").state is PackageState.ACTIVE
    assert registry.get("/acme/p2/acme/odd~dev.json", token).status_code == 200
