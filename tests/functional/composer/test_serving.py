"""Zips, search, list, and the report of what was installed."""

import json
import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from composer.documents import load_documents
from models import Dist, Organization, Package, TeamKind, utc_now
from tests.functional.composer.registry import Json, Registry, basic


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """acme/logging, acme/cache (a plugin) and acme/secret."""
    registry.add_library("logging")
    registry.add_library("cache", type="composer-plugin", description="Keeps 100% of everything_")
    registry.add_library("secret")
    registry.run_jobs()
    return registry


@pytest.fixture
def bob(filled: Registry) -> str:
    """The token of somebody who reads two of the three."""
    return filled.add_person("bob", reads=("logging", "cache"))


def zip_path(registry: Registry, token: str, name: str = "acme/logging") -> str:
    offered = registry.versions(name, token)[0]["dist"]
    assert isinstance(offered, dict)
    return str(offered["url"]).removeprefix(registry.runtime.settings.base_url)


def report(registry: Registry, token: str, body: bytes) -> TestResponse:
    client = registry.app.test_client(use_cookies=False)
    base_url = registry.runtime.settings.base_url
    return client.post("/acme/downloads", data=body, headers=basic(token), base_url=base_url)


def found(registry: Registry, token: str, query: str) -> list[str]:
    results: list[Json] = json.loads(registry.get(f"/acme/search.json?{query}", token).get_data())["results"]
    return [str(result["name"]) for result in results]


def age_downloads(registry: Registry) -> None:
    with registry.runtime.database.write() as session:
        session.execute(update(Dist).values(last_downloaded_at=None))


def downloaded(registry: Registry) -> int:
    with registry.runtime.database.read() as session:
        return len(session.scalars(select(Dist).where(Dist.last_downloaded_at.is_not(None))).all())


def test_a_zip_has_the_promised_checksum_and_is_validated_by_it(filled: Registry, bob: str) -> None:
    offered = filled.versions("acme/logging", bob)[0]["dist"]
    assert isinstance(offered, dict)
    path = zip_path(filled, bob)

    answer = filled.get(path, bob)
    again = filled.get(path, bob, **{"If-None-Match": answer.headers["ETag"]})

    assert answer.headers["ETag"] == f'"{offered["shasum"]}"'
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=acme-logging-")
    assert answer.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
    assert again.status_code == 304


def test_permission_comes_before_the_checksum(filled: Registry, bob: str) -> None:
    path = zip_path(filled, bob)
    tag = filled.get(path, bob).headers["ETag"]

    filled.forbid("bob", "logging")

    assert filled.get(path, bob, **{"If-None-Match": tag}).status_code == 404


def test_a_zip_that_the_store_has_lost_is_no_missing_package(filled: Registry, bob: str) -> None:
    path = zip_path(filled, bob)
    for file in (filled.runtime.settings.data_dir / "dists").rglob("*.zip"):
        file.unlink()

    answer = filled.get(path, bob)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_a_download_is_noted_once_a_day(filled: Registry, bob: str) -> None:
    path = zip_path(filled, bob)
    filled.get(path, bob)
    with filled.runtime.database.read() as session:
        first = session.scalars(select(Dist.last_downloaded_at).where(Dist.last_downloaded_at.is_not(None))).one()

    filled.get(path, bob)
    with filled.runtime.database.read() as session:
        second = session.scalars(select(Dist.last_downloaded_at).where(Dist.last_downloaded_at.is_not(None))).one()
    assert first == second

    with filled.runtime.database.write() as session:
        session.execute(update(Dist).values(last_downloaded_at=utc_now() - timedelta(days=2)))
    filled.get(path, bob)
    assert downloaded(filled) == 3
    with filled.runtime.database.read() as session:
        newest = select(Dist.last_downloaded_at).order_by(Dist.last_downloaded_at.desc())
        noted = session.scalars(newest).first()
    assert noted is not None
    assert noted > utc_now() - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=", ["acme/cache", "acme/logging"]),
        ("q=LOGG", ["acme/logging"]),
        ("q=acme+log", ["acme/logging"]),
        ("q=100%25", ["acme/cache"]),
        ("q=thing_", ["acme/cache"]),
        ("q=o_g", []),
        ("q=secret", []),
        ("q=&type=composer-plugin", ["acme/cache"]),
    ],
)
def test_search_finds_words_in_names_and_descriptions(filled: Registry, bob: str, query: str, names: list[str]) -> None:
    assert found(filled, bob, query) == names


def test_search_says_what_is_abandoned(filled: Registry, bob: str) -> None:
    with filled.runtime.database.write() as session:
        session.execute(
            update(Package).where(Package.name == "acme/cache").values(is_abandoned=True, replacement="acme/logging")
        )

    answer = json.loads(filled.get("/acme/search.json?q=cache", bob).get_data())

    assert answer == {
        "results": [{"name": "acme/cache", "description": "Keeps 100% of everything_", "abandoned": "acme/logging"}],
        "total": 1,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["acme/cache", "acme/logging"]),
        ("?filter=*log*", ["acme/logging"]),
        ("?filter=acme/c*", ["acme/cache"]),
        ("?filter=log", []),
        ("?filter=*e*c*e", ["acme/cache"]),
        ("?filter=acme/c*cache", []),
        ("?filter=" + "a*" * 2000, []),
        ("?vendor=acme&filter=acme/*", ["acme/cache", "acme/logging"]),
        ("?vendor=other", []),
    ],
)
def test_list_names_what_may_be_read(filled: Registry, bob: str, query: str, names: list[str]) -> None:
    assert json.loads(filled.get(f"/acme/list.json{query}", bob).get_data()) == {"packageNames": names}


def test_what_was_installed_from_a_cache_keeps_its_zip_in_use(filled: Registry, bob: str) -> None:
    body = {
        "downloads": [{"name": "acme/logging", "version": "1.0.0.0"}, {"name": "acme/secret", "version": "1.0.0.0"}]
    }

    answer = report(filled, bob, json.dumps(body).encode())

    assert answer.status_code == 200
    assert downloaded(filled) == 1, "what may not be read is not touched"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"downloads": 1}', 400),
        (b'{"downloads": [1, {}, {"name": 1, "version": []}, {"name": "a\\u0000", "version": "\\ud800"}]}', 200),
        (json.dumps({"downloads": [{"name": "acme/logging", "version": "1"}] * 3000}).encode(), 200),
        (b" " * (256 * 1024 + 1), 413),
    ],
)
def test_a_report_can_hold_anything(filled: Registry, bob: str, body: bytes, status: int) -> None:
    assert report(filled, bob, body).status_code == status


def test_documents_are_served_from_files_and_mended_when_these_are_lost_or_foreign(filled: Registry, bob: str) -> None:
    before = filled.get("/acme/p2/acme/logging.json", bob)
    (path,) = (filled.runtime.settings.data_dir / "p2").rglob("logging.json")
    age = path.stat().st_mtime

    path.write_bytes(b"served as it is")
    os.utime(path, (age, age))
    assert filled.get("/acme/p2/acme/logging.json", bob).get_data() == b"served as it is"

    path.write_bytes(b"of another time")
    os.utime(path, (age - 1, age - 1))
    assert filled.get("/acme/p2/acme/logging.json", bob).get_data() == before.get_data()
    assert path.read_bytes() == before.get_data()


def test_a_full_disk_does_not_stop_the_documents(filled: Registry, bob: str) -> None:
    before = filled.get("/acme/p2/acme/logging.json", bob).get_data()
    folder = filled.runtime.settings.data_dir / "p2"
    folder.rename(folder.with_name("old"))
    folder.write_text("a file where a folder should be")

    assert filled.get("/acme/p2/acme/logging.json", bob).get_data() == before


def test_another_short_name_leads_to_other_addresses_of_the_zips(filled: Registry, bob: str) -> None:
    with filled.runtime.database.write() as session:
        session.get_one(Organization, filled.organization_id).short_name = "beta"

    with filled.runtime.database.read() as session:
        package = session.scalars(select(Package).where(Package.name == "acme/logging")).one()
        documents = load_documents(session, filled.runtime.settings, package)

    assert b"/beta/dists/" in documents.stable.replace(b"\\/", b"/")
    assert filled.get("/beta/p2/acme/logging.json", bob).get_data() == documents.stable


def test_an_owner_reads_everything(filled: Registry) -> None:
    owner = filled.add_person("ann", role=TeamKind.OWNERS)

    assert found(filled, owner, "q=acme") == ["acme/cache", "acme/logging", "acme/secret"]


def test_a_filter_with_many_stars_takes_no_time(filled: Registry, bob: str) -> None:
    with filled.runtime.database.write() as session:
        session.execute(update(Package).where(Package.name == "acme/cache").values(name="acme/" + "a" * 100))
    began = time.process_time()

    answer = filled.get(f"/acme/list.json?filter={'a*' * 40}b", bob)

    assert json.loads(answer.get_data()) == {"packageNames": []}
    assert time.process_time() - began < 3
