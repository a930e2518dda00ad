"""Companies for a fake Bitbucket Cloud: a small one for the demo and the stories, a large one, and random ones."""

import random
from datetime import timedelta

from tests.fakes.company import BEGINNING, LIBRARIES, Library, manifest_of

from .fake import FakeBitbucketCloud
from .model import Account, Group, Project, Repo, Role, Workspace

PROJECTS = {"backend": ("BACK", "Backend"), "frontend": ("FRONT", "Frontend"), "platform": ("PLAT", "Platform")}


def small_company(fake: FakeBitbucketCloud) -> Workspace:
    """The workspace `acme`; look its parts up by path and its people by nickname.

    Owner: ann. Group backend (writes BACK): bob, carla, ivan (inactive). frontend (writes FRONT, reads acme/logging):
    finn, omar. platform (administers PLAT): omar, kim. By themselves: dan reads BACK, gil (no member) reads only
    acme/security. eve and lena are members without any grant. Two people call themselves hana; one is in frontend.
    mia is in nothing. acme/coding-standard is public.
    """
    _people(fake)
    acme = fake.add_workspace("acme", "Acme")
    fake.add_member(acme, fake.user("ann"), "owner")
    homes = {path: fake.add_project(acme, *each) for path, each in PROJECTS.items()}
    for number, library in enumerate(LIBRARIES):
        _add_library(fake, homes[library.path.partition("/")[0]], library, number)
    infrastructure = fake.add_repository(homes["platform"], "infrastructure", "Infrastructure")
    fake.commit(infrastructure, {"README.md": "# Infrastructure\n", "hosts.yml": "web: [one, two]\n"}, at=BEGINNING)
    fake.add_repository(homes["frontend"], "playground", "Playground")
    _grants(fake, acme, homes)
    return acme


def _people(fake: FakeBitbucketCloud) -> None:
    extra = [("ann@almond.example", True), ("old@almond.example", False)]
    fake.add_user("ann", "Ann Almond", username="ann_almond", more_emails=extra)
    names = "Bob Birch,Carla Cedar,Dan Dogwood,Eve Elm,Finn Fir,Gil Ginkgo,Hana Hazel,Kim Kapok,Lena Linden,Mia Maple"
    for name in f"{names},Omar Oak".split(","):
        fake.add_user(name.partition(" ")[0].lower(), name)
    fake.add_user("hana", "Hana Holly", username="hholly", email="hana.holly@example.com")
    fake.add_user("ivan", "Ivan Ivy", status="inactive")


def _grants(fake: FakeBitbucketCloud, acme: Workspace, homes: dict[str, Project]) -> None:
    fake.add_group(acme, "administrators", members=[fake.user("ann")])
    backend = fake.add_group(acme, "backend", members=[fake.user(each) for each in ("bob", "carla", "ivan")])
    frontend = fake.add_group(acme, "frontend", members=[fake.user(each) for each in ("finn", "omar", "hholly")])
    platform = fake.add_group(acme, "platform", members=[fake.user(each) for each in ("omar", "kim")])
    fake.grant(homes["backend"], backend, "write")
    fake.grant(homes["frontend"], frontend, "write")
    fake.grant(homes["platform"], platform, "admin")
    fake.grant(fake.repo("acme/logging"), frontend, "read")
    fake.grant(fake.repo("acme/clock"), frontend, "none")
    fake.add_member(acme, fake.user("carla"), "create-project")
    for name in ("dan", "eve", "lena"):
        fake.add_member(acme, fake.user(name))
    fake.grant(homes["backend"], fake.user("dan"), "read")
    fake.grant(fake.repo("acme/security"), fake.user("gil"), "read")


def _add_library(fake: FakeBitbucketCloud, home: Project, library: Library, number: int) -> Repo:
    is_private, title = library.visibility != "public", library.name.replace("-", " ").title()
    repo = fake.add_repository(home, library.name, title, is_private=is_private, description=library.description)
    at = BEGINNING + timedelta(days=number)
    for count, release in enumerate(library.releases, start=1):
        at += timedelta(days=21)
        manifest = release.broken or manifest_of(library.name, library.description, release.requires)
        files = {
            "composer.json": manifest,
            "README.md": f"# acme/{library.name}\n",
            "src/Release.php": f"<?php // {count}\n",
        }
        fake.commit(repo, files, message=f"Release {release.tag}", at=at)
        fake.tag(repo, release.tag, message=release.message)
    for branch, tag in library.branches:
        fake.push(repo, {f"refs/heads/{branch}": fake.repository(repo).resolve(tag)})
        note = {f"notes/{branch.replace('/', '-')}.md": f"Work on {branch}.\n"}
        fake.commit(repo, note, message=f"Begin {branch}", branch=branch, at=at + timedelta(days=3))
    fake.commit(repo, {"CHANGELOG.md": "Unreleased\n"}, message="Open the next version", at=at + timedelta(days=5))
    return repo


def large_company(
    fake: FakeBitbucketCloud, *, groups: int = 50, repositories: int = 1000, members: int = 1000
) -> Workspace:
    """The workspace `large` with its owner `owner`; everything else follows from the numbers.

    Each group reads or writes one of ten projects, each person is in one to three groups, every tenth repository has a
    reader of its own, every repository a composer.json and three tags.
    """
    large = fake.add_workspace("large", "Large")
    fake.add_member(large, fake.add_user("owner", "Olga Owner"), "owner")
    homes = [fake.add_project(large, f"P{number}") for number in range(10)]
    teams = [fake.add_group(large, f"team-{number:04}") for number in range(groups)]
    for number, team in enumerate(teams):
        fake.grant(homes[number % 10], team, ("read", "write")[number % 2])
    people = [fake.add_user(f"person-{number:05}") for number in range(members)]
    for number, person in enumerate(people):
        for step in range(1 + number % 3):
            fake.add_to_group(teams[(number * 7 + step * 13) % groups], person)
    for number in range(repositories):
        repo = _add_numbered(fake, homes[number % 10], number)
        if number % 10 == 0 and people:
            fake.grant(repo, people[number % members], "read")
    return large


def _add_numbered(fake: FakeBitbucketCloud, home: Project, number: int) -> Repo:
    name = f"library-{number:05}"
    repo = fake.add_repository(home, name)
    at = BEGINNING + timedelta(minutes=number)
    fake.commit(repo, {"composer.json": manifest_of(name, "One of many", {}, vendor="large")}, at=at)
    head = fake.repository(repo).resolve("HEAD")
    fake.push(repo, {f"refs/tags/v1.{minor}.0": head for minor in range(3)})
    return repo


def random_company(fake: FakeBitbucketCloud, seed: int) -> Workspace:
    """The workspace `random` (owner: `owner`) beside another one that has nothing to say in it.

    Every kind of member, group, grant and account that decides about reading code turns up.
    """
    dice = random.Random(seed)
    home = fake.add_workspace("random", is_private=dice.random() < 0.7)
    fake.add_member(home, fake.add_user("owner"), "owner")
    people = [_random_person(fake, dice, number) for number in range(dice.randint(4, 14))]
    groups = _random_groups(fake, dice, home, people)
    projects = [
        fake.add_project(home, f"P{number}", is_private=dice.random() < 0.8) for number in range(dice.randint(1, 4))
    ]
    repos = [_random_repository(fake, dice, number, projects) for number in range(dice.randint(2, 10))]
    roles: tuple[Role, ...] = ("member", "member", "member", "create-project", "owner")
    for person in people:
        if dice.random() < 0.5:
            fake.add_member(home, person, dice.choice(roles))
    places: list[Project | Repo] = [*projects, *repos]
    for place in places:
        _random_grants(fake, dice, place, [*groups, *people])
    _strangers(fake, dice, people)
    return home


def _random_person(fake: FakeBitbucketCloud, dice: random.Random, number: int) -> Account:
    who = fake.add_user(dice.choice(("sam", f"person-{number}")), f"Person {number}", email=f"p{number}@example.com")
    fake.set_user_state(who, dice.choice(("active",) * 8 + ("inactive", "closed")))
    return who


def _random_groups(
    fake: FakeBitbucketCloud, dice: random.Random, home: Workspace, people: list[Account]
) -> list[Group]:
    """They overlap, and some are empty."""
    return [
        fake.add_group(home, f"group-{number}", members=dice.sample(people, k=dice.randint(0, len(people) // 2)))
        for number in range(dice.randint(0, 5))
    ]


def _random_repository(fake: FakeBitbucketCloud, dice: random.Random, number: int, projects: list[Project]) -> Repo:
    name = f"library-{number}"
    repo = fake.add_repository(dice.choice(projects), name, is_private=dice.random() < 0.75)
    if dice.random() < 0.85:
        fake.commit(repo, {"composer.json": manifest_of(name, "Random", {}, vendor="random")})
    return repo


def _random_grants(
    fake: FakeBitbucketCloud, dice: random.Random, place: Project | Repo, holders: list[Group | Account]
) -> None:
    kinds = ("none", "read", "read", "write", "admin", *(("create-repo",) if isinstance(place, Project) else ()))
    for holder in dice.sample(holders, k=min(len(holders), dice.choice((0, 0, 1, 1, 2, 3)))):
        fake.grant(place, holder, dice.choice(kinds))


def _strangers(fake: FakeBitbucketCloud, dice: random.Random, people: list[Account]) -> None:
    """Another workspace with a group of the same name, and with some of the same people."""
    other = fake.add_workspace("others")
    fake.add_member(other, fake.user("owner"))
    library = fake.add_repository(other, "library-0")
    fake.grant(library, fake.add_group(other, "group-0", members=dice.sample(people, k=2)), "admin")
