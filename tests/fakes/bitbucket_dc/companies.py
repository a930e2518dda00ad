"""Companies for a fake Bitbucket Data Center: a small one for the demo, a large one, and random ones."""

import random
from datetime import timedelta

from tests.fakes.company import BEGINNING, LIBRARIES, Library, manifest_of

from .fake import FakeBitbucketDataCenter
from .model import Group, Level, Project, Repo, RepositoryState, User

PERMISSIONS = ("PROJECT_READ", "PROJECT_READ", "PROJECT_WRITE", "REPO_CREATE", "PROJECT_ADMIN")
REPOSITORY_PERMISSIONS = ("REPO_READ", "REPO_READ", "REPO_WRITE", "REPO_ADMIN")


def small_company(fake: FakeBitbucketDataCenter) -> Project:
    """The project `ACME`; look its parts up as `ACME/slug` and its people by name.

    SYS_ADMIN: root. PROJECT_ADMIN: ann. Groups: `Backend team` (writes ACME): bob, carla, ivan (deactivated), jo (no
    licence). `Gäste & Partner` (reads ACME/markdown and ACME/templates): finn, hana. `platform` (administers
    ACME/deployer): omar, kim. By themselves: dan reads ACME, gil reads only ACME/security, and carla administers
    ACME/queue. eve is in no group and lena in one without rights; mia has a personal project. ACME/coding-standard is
    public, and DOCS is open to everybody with a licence.
    """
    _people(fake)
    acme = fake.add_project("ACME", "Acme")
    for number, library in enumerate(LIBRARIES):
        _add_library(fake, acme, library, number)
    infrastructure = fake.add_repository(acme, "infrastructure")
    fake.commit(infrastructure, {"README.md": "# Infrastructure\n", "hosts.yml": "web: [one, two]\n"}, at=BEGINNING)
    fake.add_repository(acme, "playground")
    fake.update_repository(fake.repo("ACME/legacy-soap"), archived=True)
    docs = fake.add_project("DOCS", "Documentation", default=Level.READ)
    fake.commit(fake.add_repository(docs, "handbook"), {"README.md": "# Handbook\n"}, at=BEGINNING)
    own = fake.add_personal_project(fake.user("mia"))
    fake.commit(fake.add_repository(own, "dotfiles"), {"README.md": "Mine.\n"}, at=BEGINNING)
    _grants(fake, acme)
    return acme


def _people(fake: FakeBitbucketDataCenter) -> None:
    fake.grant_global(fake.add_user("root", "Rosa Root"), "SYS_ADMIN")
    fake.add_user("ann", "Ann Almond", email="ann@almond.example")
    names = "Bob Birch,Carla Cedar,Dan Dogwood,Eve Elm,Finn Fir,Gil Ginkgo,Kim Kapok,Lena Linden,Mia Maple,Omar Oak"
    for name in names.split(","):
        fake.add_user(name.partition(" ")[0].lower(), name)
    fake.add_user("hana@studio", "Hana Hazel", email=None)
    fake.add_user("ivan", "Ivan Ivy", active=False)
    fake.add_user("jo", "Jo Juniper", licensed=False)


def _grants(fake: FakeBitbucketDataCenter, acme: Project) -> None:
    fake.grant(acme, fake.user("ann"), "PROJECT_ADMIN")
    fake.grant(acme, fake.user("dan"), "PROJECT_READ")
    backend = fake.add_group("Backend team", *(fake.user(each) for each in ("bob", "carla", "ivan", "jo")))
    guests = fake.add_group("Gäste & Partner", *(fake.user(each) for each in ("finn", "hana@studio")))
    platform = fake.add_group("platform", *(fake.user(each) for each in ("omar", "kim")))
    fake.add_group("social club", fake.user("lena"))
    fake.grant(acme, backend, "PROJECT_WRITE")
    fake.grant(fake.repo("ACME/markdown"), guests, "REPO_READ")
    fake.grant(fake.repo("ACME/templates"), guests, "REPO_WRITE")
    fake.grant(fake.repo("ACME/deployer"), platform, "REPO_ADMIN")
    fake.grant(fake.repo("ACME/security"), fake.user("gil"), "REPO_READ")
    fake.grant(fake.repo("ACME/queue"), fake.user("carla"), "REPO_ADMIN")


def _add_library(fake: FakeBitbucketDataCenter, home: Project, library: Library, number: int) -> Repo:
    is_public = library.visibility == "public"
    repo = fake.add_repository(home, library.name, public=is_public, description=library.description)
    at = BEGINNING + timedelta(days=number)
    for count, release in enumerate(library.releases, start=1):
        at += timedelta(days=21)
        files = {
            "composer.json": release.broken or manifest_of(library.name, library.description, release.requires),
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
    fake: FakeBitbucketDataCenter, *, groups: int = 50, repositories: int = 1000, members: int = 1000
) -> Project:
    """The project `LARGE` with its administrator `owner`; everything else follows from the numbers.

    Every tenth group reads the whole project, the others ten repositories each; each person is in one to three groups,
    every tenth repository has a reader of its own, every repository a composer.json and three tags.
    """
    large = fake.add_project("LARGE", "Large")
    fake.grant(large, fake.add_user("owner", "Olga Owner"), "PROJECT_ADMIN")
    repos = [_add_numbered(fake, large, number) for number in range(repositories)]
    people = [fake.add_user(f"person-{number:05}") for number in range(members)]
    teams = [fake.add_group(f"team {number:04}") for number in range(groups)]
    for number, person in enumerate(people):
        for step in range(1 + number % 3):
            fake.add_to_group(teams[(number * 7 + step * 13) % groups], person)
    for number, team in enumerate(teams):
        if number % 10 == 0:
            fake.grant(large, team, "PROJECT_READ")
        else:
            for step in range(10):
                fake.grant(repos[(number * 10 + step) % repositories], team, "REPO_READ")
    for number in range(0, repositories if members else 0, 10):
        fake.grant(repos[number], people[number % members], "REPO_READ")
    return large


def _add_numbered(fake: FakeBitbucketDataCenter, home: Project, number: int) -> Repo:
    name = f"library-{number:05}"
    repo = fake.add_repository(home, name)
    at = BEGINNING + timedelta(minutes=number)
    fake.commit(repo, {"composer.json": manifest_of(name, "One of many", {}, vendor="large")}, at=at)
    head = fake.repository(repo).resolve("HEAD")
    fake.push(repo, {f"refs/tags/v1.{minor}.0": head for minor in range(3)})
    return repo


def random_company(fake: FakeBitbucketDataCenter, seed: int) -> Project:
    """The project `RANDOM` (administrator: `owner`) beside another one that has nothing to say in it.

    Overlapping groups, people and groups with rights on single repositories, default permissions, public repositories,
    deactivated and unlicensed people, administrators of the instance, groups that are gone: every combination turns up.
    """
    dice = random.Random(seed)
    defaults = (Level.NONE, Level.NONE, Level.NONE, Level.READ, Level.WRITE)
    home = fake.add_project("RANDOM", public=dice.random() < 0.1, default=dice.choice(defaults))
    fake.grant(home, fake.add_user("owner"), "PROJECT_ADMIN")
    people = [_random_person(fake, dice, number) for number in range(dice.randint(4, 14))]
    groups = [_random_group(fake, dice, number, people) for number in range(dice.randint(1, 6))]
    repos = [_random_repository(fake, dice, number, home) for number in range(dice.randint(2, 10))]
    places: list[Project | Repo] = [home, *repos]
    for place in places:
        _random_grants(fake, dice, place, [*people, *groups])
    if dice.random() < 0.3:
        fake.delete_group(dice.choice(groups))
    _strangers(fake, dice, people)
    return home


def _random_person(fake: FakeBitbucketDataCenter, dice: random.Random, number: int) -> User:
    name = dice.choice((f"person-{number}", f"Person {number}", f"p{number}@example"))
    is_active, is_licensed = dice.random() < 0.85, dice.random() < 0.85
    person = fake.add_user(name, f"Person {number}", active=is_active, licensed=is_licensed)
    if dice.random() < 0.12:
        fake.grant_global(person, dice.choice(("ADMIN", "SYS_ADMIN", "PROJECT_CREATE")))
    return person


def _random_group(fake: FakeBitbucketDataCenter, dice: random.Random, number: int, people: list[User]) -> Group:
    name = dice.choice((f"team-{number}", f"Team {number}", f"Größe/{number}", f"a+b&c={number}"))
    group = fake.add_group(name, *dice.sample(people, k=dice.randint(0, len(people) // 2)))
    if dice.random() < 0.1:
        fake.grant_global(group, dice.choice(("LICENSED_USER", "ADMIN")))
    return group


def _random_repository(fake: FakeBitbucketDataCenter, dice: random.Random, number: int, home: Project) -> Repo:
    states: tuple[RepositoryState, ...] = ("AVAILABLE",) * 10 + ("OFFLINE", "INITIALISING")
    repo = fake.add_repository(
        home,
        dice.choice((f"library-{number}", f"Library {number}")),
        public=dice.random() < 0.15,
        archived=dice.random() < 0.15,
        state=dice.choice(states),
    )
    if dice.random() < 0.85:
        fake.commit(repo, {"composer.json": manifest_of(f"library-{number}", "Random", {}, vendor="random")})
    return repo


def _random_grants(
    fake: FakeBitbucketDataCenter, dice: random.Random, place: Project | Repo, candidates: list[User | Group]
) -> None:
    permissions = PERMISSIONS if isinstance(place, Project) else REPOSITORY_PERMISSIONS
    for who in dice.sample(candidates, k=min(dice.choice((0, 0, 1, 2, 3)), len(candidates))):
        fake.grant(place, who, dice.choice(permissions))


def _strangers(fake: FakeBitbucketDataCenter, dice: random.Random, people: list[User]) -> None:
    """Another project, with some of the same people and somebody else."""
    other = fake.add_project("OTHER")
    stranger = fake.add_user("stranger")
    for who in (stranger, *dice.sample(people, k=2)):
        fake.grant(other, who, "PROJECT_WRITE")
    fake.commit(fake.add_repository(other, "elsewhere", public=True), {"README.md": "Not here.\n"})
