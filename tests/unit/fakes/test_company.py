"""The companies: who reads what in the small one, the numbers of the large one."""

import time

from tests.fakes.company import LIBRARIES, large_company, random_company, small_company
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.unit.fakes.clients import ApiClient

BACKEND = {"ann", "bob", "carla", "dan"}
FRONTEND = {"ann", "dan", "finn", "hana", "omar"}
ACTIVE = {"root", "ann", "bob", "carla", "dan", "eve", "finn", "gil", "hana", "jo", "kim", "lena", "mia", "omar"}
READERS = {
    "acme/backend/logging": BACKEND,
    "acme/backend/http-client": BACKEND,
    "acme/backend/clock": ACTIVE - {"kim"},
    "acme/frontend/assets": FRONTEND,
    "acme/frontend/playground": FRONTEND,
    "acme/platform/security": {"ann", "dan", "gil"},
    "acme/platform/legacy-soap": {"ann", "dan"},
    "acme/platform/tools/deployer": {"ann", "dan", "kim"},
    "acme/platform/tools/coding-standard": ACTIVE,
}


def test_the_small_company_has_the_readers_that_its_description_promises(fake: FakeGitLab) -> None:
    small_company(fake)
    names = {each.id: each.username for each in fake.state.users.values()}

    found = {path: {names[key] for key in fake.readers(fake.project(path))} for path in READERS}

    assert found == READERS


def test_the_small_company_starts_fast(fake: FakeGitLab) -> None:
    started = time.monotonic()

    small_company(fake)

    assert time.monotonic() - started < 0.3


def test_the_small_company_is_always_the_same() -> None:
    tips = []
    for _ in range(2):
        with FakeGitLab() as fake:
            small_company(fake)
            tips.append({key: dict(each.refs) for key, each in fake.state.repositories.items()})

    assert tips[0] == tips[1]


def test_the_small_company_has_every_oddity_of_a_real_one(fake: FakeGitLab) -> None:
    small_company(fake)

    markdown = fake.repository(fake.project("acme/frontend/markdown"))
    broken = markdown.resolve("v1.1.0")
    assert broken is not None
    assert not markdown.files(broken)["composer.json"].content.rstrip().endswith(b"}")
    assert fake.repository(fake.project("acme/frontend/playground")).is_empty
    assert fake.project("acme/platform/legacy-soap").archived
    infrastructure = fake.repository(fake.project("acme/platform/infrastructure"))
    assert "composer.json" not in infrastructure.files(infrastructure.refs["refs/heads/main"])
    assert len(LIBRARIES) >= 12


def test_the_large_company_has_the_asked_numbers(fake: FakeGitLab) -> None:
    top = large_company(fake, groups=12, projects=40, members=30)
    client = ApiClient(fake, fake.personal_token(fake.user("owner")))

    projects = client.get(f"/groups/{top.id}/projects?include_subgroups=true")
    groups = client.get(f"/groups/{top.id}/descendant_groups")

    assert (projects.headers["X-Total"], groups.headers["X-Total"]) == ("40", "11")
    assert len(fake.state.users) == 31
    assert set(fake.repository(fake.project("large/library-00000")).refs) == {
        "refs/heads/main",
        "refs/tags/v1.0.0",
        "refs/tags/v1.1.0",
        "refs/tags/v1.2.0",
    }


def test_random_companies_follow_their_seed() -> None:
    shapes = []
    for seed in (7, 7, 8):
        with FakeGitLab() as fake:
            random_company(fake, seed)
            shapes.append({fake.state.project_path(each): fake.readers(each) for each in fake.state.projects.values()})

    assert shapes[0] == shapes[1] != shapes[2]


def test_a_company_does_not_answer_for_another() -> None:
    with FakeGitLab() as first, FakeGitLab() as second:
        small_company(first)
        first.misbehave("", Kind.STATUS_500)
        token = second.personal_token(second.add_user("ann"))

        assert ApiClient(second, token).get("/groups").json() == []
