"""What Composer is answered: permission first, hidden like missing, nothing that a cache could leak."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from composer.tokens import ORGANIZATION_PREFIX, new_token
from models import (
    ComposerToken,
    Identity,
    IdentityState,
    Organization,
    TeamKind,
    User,
    utc_now,
)
from tests.functional.composer.registry import Registry, basic
from tests.functional.rows import reopen_setup

BASE = "http://localhost:8000"
PATHS = (
    "/acme/packages.json",
    "/acme/p2/acme/logging.json",
    "/acme/p2/acme/logging~dev.json",
    f"/acme/dists/acme/logging/{'a' * 40}.zip",
    "/acme/search.json?q=log",
    "/acme/list.json",
)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Two packages: acme/logging and acme/cache."""
    registry.add_library("logging")
    registry.add_library("cache")
    registry.run_jobs()
    return registry


@contextmanager
def counted(registry: Registry) -> Iterator[list[str]]:
    """The SELECTs, INSERTs and UPDATEs of the web application."""
    statements: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT")):
            statements.append(statement)

    engines = {registry.runtime.database.read_engine, registry.runtime.database.write_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def content(answer: TestResponse) -> dict[str, object]:
    loaded = json.loads(answer.get_data())
    assert isinstance(loaded, dict)
    return loaded


def same(left: TestResponse, right: TestResponse, *names: tuple[str, str]) -> bool:
    """Whether two answers are equal byte for byte, but for the name that was asked for."""

    def plain(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
        body = answer.get_data()
        for name, stand_in in names:
            body = body.replace(name.encode(), stand_in.encode())
        headers = [(name, value) for name, value in answer.headers if name not in {"Date", "Content-Length"}]
        return answer.status_code, body, sorted(headers)

    return plain(left) == plain(right)


def test_the_root_lists_what_the_token_may_read(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    answer = filled.get("/acme/packages.json", bob)

    root = content(answer)
    assert root["available-packages"] == ["acme/logging"]
    assert root["metadata-url"] == "/acme/p2/%package%.json"
    assert "Last-Modified" not in answer.headers
    assert answer.headers["Vary"] == "Authorization"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers


def test_somebody_who_reads_nothing_is_never_told_an_empty_list(filled: Registry) -> None:
    eve = filled.add_person("eve")
    with filled.runtime.database.write() as session:
        organization = session.get_one(Organization, filled.organization_id)
        team = next(team for team in organization.teams if team.kind is TeamKind.ADMINS)
        team.kind, team.name = TeamKind.LOCAL, "Local"
    filled.add_person("eve", role=TeamKind.LOCAL)

    root = content(filled.get("/acme/packages.json", eve))

    assert root.get("available-packages", "left out") != []
    assert root["available-package-patterns"]


def test_everybody_gets_the_same_bytes_of_a_package(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    owner = filled.add_person("ann", role=TeamKind.OWNERS)

    seen = [filled.get("/acme/p2/acme/logging.json", token) for token in (bob, owner)]

    assert seen[0].status_code == 200
    assert same(seen[0], seen[1])


def test_a_reader_with_the_right_date_gets_304_and_with_another_date_everything(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    date = filled.get("/acme/p2/acme/logging.json", bob).headers["Last-Modified"]

    equal = filled.get("/acme/p2/acme/logging.json", bob, **{"If-Modified-Since": date})
    later = filled.get("/acme/p2/acme/logging.json", bob, **{"If-Modified-Since": "Sun, 31 Dec 2090 00:00:00 GMT"})

    assert (equal.status_code, equal.get_data()) == (304, b"")
    assert later.status_code == 200


def test_permission_comes_before_freshness(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging", "cache"))
    answer = filled.get("/acme/p2/acme/logging.json", bob)
    fresh = {"If-Modified-Since": answer.headers["Last-Modified"]}

    filled.forbid("bob", "logging")
    assert filled.get("/acme/p2/acme/logging.json", bob, **fresh).status_code == 404

    with filled.runtime.database.write() as session:
        session.execute(update(ComposerToken).values(revoked_at=utc_now()))
    assert filled.get("/acme/p2/acme/cache.json", bob, **fresh).status_code == 401


@pytest.mark.parametrize("suffix", ["", "~dev"])
@pytest.mark.parametrize("is_owned", [True, False])
def test_hidden_and_missing_packages_answer_alike(filled: Registry, suffix: str, is_owned: bool) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    if is_owned:
        filled.own_prefixes("acme")

    hidden = filled.get(f"/acme/p2/acme/cache{suffix}.json", bob)
    missing = filled.get(f"/acme/p2/acme/never{suffix}.json", bob)

    assert same(hidden, missing, ("acme/never", "acme/cache"))
    assert hidden.status_code == (200 if is_owned else 404)
    if is_owned:
        assert content(hidden)["packages"] == {"acme/cache": []}
    else:
        assert hidden.content_type == "application/json"
        assert "warning" not in content(hidden)


def test_hidden_and_missing_zips_answer_alike(filled: Registry) -> None:
    bob, owner = filled.add_person("bob", reads=("logging",)), filled.add_person("ann", role=TeamKind.OWNERS)
    filled.own_prefixes("acme")
    offered = filled.versions("acme/cache", owner)[0]["dist"]
    assert isinstance(offered, dict)

    hidden = filled.get(f"/acme/dists/acme/cache/{offered['reference']}.zip", bob)
    missing = filled.get(f"/acme/dists/acme/never/{'b' * 40}.zip", bob)

    assert hidden.status_code == 404
    assert same(hidden, missing)


@pytest.mark.parametrize("path", PATHS)
def test_an_organization_that_one_may_not_enter_looks_like_none(filled: Registry, path: str) -> None:
    with filled.runtime.database.write() as session:
        session.add(Organization(short_name="other", name="Other"))
    bob = filled.add_person("bob", reads=("logging",))

    foreign = filled.get(path.replace("/acme/", "/other/", 1), bob)
    missing = filled.get(path.replace("/acme/", "/nowhere/", 1), bob)

    assert foreign.status_code == 404
    assert same(foreign, missing)


@pytest.mark.parametrize("path", PATHS)
def test_without_a_good_token_there_is_nothing_but_a_reason(filled: Registry, path: str) -> None:
    for token in (None, "", "secret", new_token("rptu_")):
        answer = filled.get(path, token)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].lower().startswith("basic")
        assert answer.content_type == "application/json"
        assert "/profile/tokens" in str(content(answer)["warning"])
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"revoked_at": utc_now()}, "was revoked"),
        ({"expires_at": utc_now() - timedelta(seconds=1)}, "expired on"),
    ],
)
def test_a_token_that_was_good_once_says_why_it_is_not(
    filled: Registry, changes: dict[str, object], reason: str
) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    with filled.runtime.database.write() as session:
        session.execute(update(ComposerToken).values(**changes))

    answer = filled.get("/acme/packages.json", bob)

    assert answer.status_code == 401
    assert reason in str(content(answer)["warning"])


def test_a_disabled_person_and_a_blocked_account_read_nothing(filled: Registry) -> None:
    bob, eve = filled.add_person("bob", reads=("logging",)), filled.add_person("eve", reads=("logging",))
    with filled.runtime.database.write() as session:
        session.execute(update(User).where(User.display_name == "Bob").values(disabled_at=utc_now()))
        session.execute(update(Identity).where(Identity.login == "eve").values(state=IdentityState.BLOCKED))

    assert filled.get("/acme/packages.json", bob).status_code == 401
    assert filled.get("/acme/packages.json", eve).status_code == 404


def test_a_token_is_taken_from_wherever_composer_puts_it(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    ways = [basic(bob, "token"), basic(bob, "bob"), basic("", bob), {"Authorization": f"Bearer {bob}"}]

    answers = [filled.get("/acme/packages.json", **way) for way in ways]

    assert [answer.status_code for answer in answers] == [200] * 4


def test_a_cookie_means_nothing_to_the_repository(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    assert filled.get("/acme/packages.json", Cookie=f"rpt={bob}").status_code == 401


def test_a_token_of_the_organization_reads_all_of_it_and_nothing_else(filled: Registry) -> None:
    ci = new_token(ORGANIZATION_PREFIX)
    filled.add_organization_token(ci)
    with filled.runtime.database.write() as session:
        session.add(Organization(short_name="other", name="Other"))

    root = content(filled.get("/acme/packages.json", ci))

    assert root["available-packages"] == ["acme/cache", "acme/logging"]
    assert filled.get("/acme/p2/acme/cache.json", ci).status_code == 200
    assert filled.get("/other/packages.json", ci).status_code == 404


def test_guessing_tokens_is_slowed_down_and_good_tokens_are_not(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    answers = [filled.get("/acme/packages.json", new_token("rptu_")).status_code for _ in range(22)]

    assert answers[:20] == [401] * 20
    assert answers[21] == 429
    assert filled.get("/acme/packages.json", bob).status_code == 200


def test_a_malformed_token_asks_the_database_nothing(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    filled.get("/acme/packages.json", bob)

    with counted(filled) as statements:
        filled.get("/acme/packages.json", bob[:-1] + ("0" if bob[-1] != "0" else "1"))

    assert statements == []


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/acme/packages.json", 3),
        ("/acme/p2/acme/logging.json", 3),
        ("/acme/p2/acme/logging~dev.json", 3),
        ("/acme/search.json?q=log", 4),
        ("/acme/list.json", 3),
    ],
)
def test_an_answer_takes_a_small_number_of_queries(filled: Registry, path: str, most: int) -> None:
    bob = filled.add_person("bob", reads=("logging", "cache"))
    filled.get(path, bob)

    with counted(filled) as statements:
        answer = filled.app.test_client(use_cookies=False).get(path, headers=basic(bob), base_url=BASE)

    assert answer.status_code == 200
    assert len(statements) <= most, statements
    answer.close()


def test_the_last_use_is_noted_and_not_at_every_request(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    filled.get("/acme/packages.json", bob, **{"User-Agent": "Composer/2.5.5"})
    with filled.runtime.database.read() as session:
        first = session.scalars(select(ComposerToken)).one()

    with counted(filled) as statements:
        filled.get("/acme/packages.json", bob)

    assert (first.last_used_with, first.last_used_from) == ("Composer/2.5.5", "127.0.0.1")
    assert first.last_used_at is not None
    assert not [statement for statement in statements if statement.startswith("UPDATE")]


def test_a_use_that_can_not_be_noted_fails_nobody(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    def break_writes(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE composer_token"):
            raise_operational()

    event.listen(filled.runtime.database.write_engine, "before_cursor_execute", break_writes)
    answer = filled.get("/acme/packages.json", bob)
    event.remove(filled.runtime.database.write_engine, "before_cursor_execute", break_writes)

    assert answer.status_code == 200


def test_a_database_in_trouble_is_no_missing_package(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    def fail(*_: object) -> None:
        raise_operational()

    event.listen(filled.runtime.database.read_engine, "before_cursor_execute", fail)
    answers = [filled.get(path, bob) for path in PATHS]
    event.remove(filled.runtime.database.read_engine, "before_cursor_execute", fail)

    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.content_type == "application/json"


def test_setup_mode_answers_programs_that_it_is_not_finished(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    with filled.runtime.database.write() as session:
        reopen_setup(session)

    answer = filled.get("/acme/packages.json", bob)

    assert answer.status_code == 503
    assert "Setup Mode" in str(content(answer)["warning"])


def test_a_token_that_ends_soon_says_so_in_composer(filled: Registry) -> None:
    bob = filled.add_person("bob", reads=("logging",))
    assert "warnings" not in content(filled.get("/acme/packages.json", bob))
    with filled.runtime.database.write() as session:
        session.execute(update(ComposerToken).values(expires_at=utc_now() + timedelta(days=2)))

    warnings = content(filled.get("/acme/packages.json", bob))["warnings"]

    assert "expires on" in str(warnings)


@pytest.mark.parametrize(
    "path",
    [
        "/acme/p2/acme/log%00ging.json",
        "/acme/p2/ac me/<script>.json",
        "/ac%00me/packages.json",
        "/acme/dists/acme/logging/..%2f..%2fsecrets.zip",
        "/acme/search.json?q=%00%25_&type=%00",
        "/acme/list.json?filter=%00*",
        "/acme/search.json?page=99999999999999999999",
    ],
)
def test_odd_addresses_are_answered_like_any_other(filled: Registry, path: str) -> None:
    bob = filled.add_person("bob", reads=("logging",))

    assert filled.get(path, bob).status_code in {200, 404}


def raise_operational() -> None:
    raise OperationalError("", {}, Exception("the disk is full"))
