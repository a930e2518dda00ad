"""Companies for a fake GitLab: a small lively one for people, a large one to measure, random ones to compare."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tests.fakes.gitlab import FakeGitLab, Group, Level, Project, User, Visibility

BEGINNING = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
Requires = dict[str, str]


@dataclass(frozen=True, slots=True)
class Release:
    """A tag and what it requires. `broken` puts something else in the place of composer.json."""

    tag: str
    requires: Requires = field(default_factory=dict)
    message: str | None = None
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """A PHP library in the group of that path, with its history."""

    path: str
    description: str
    releases: tuple[Release, ...]
    branches: tuple[tuple[str, str], ...] = ()  # name, the tag where it starts
    visibility: str = "private"

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


LIBRARIES = (
    Library(
        "backend/logging",
        "Structured log records and where they go",
        (Release("v1.0.0"), Release("v1.1.0"), Release("v2.0.0")),
        branches=(("1.x", "v1.1.0"),),
    ),
    Library(
        "backend/clock",
        "The time of day as a service that tests can set",
        (Release("1.0.0"), Release("1.0.1")),
        visibility="internal",
    ),
    Library(
        "backend/http-client",
        "A small HTTP client with retries",
        (
            Release("v1.0.0", {"acme/logging": "^1.0"}),
            Release("v1.1.0", {"acme/logging": "^1.1"}),
            Release("v2.0.0", {"acme/logging": "^2.0", "acme/clock": "^1.0"}),
            Release("v2.1.0-beta1", {"acme/logging": "^2.0", "acme/clock": "^1.0.1"}),
        ),
        branches=(("1.x", "v1.1.0"),),
    ),
    Library(
        "backend/cache",
        "Keeps values for a while",
        (Release("v1.0.0", {"acme/clock": "^1.0", "acme/logging": "^1.0 || ^2.0"}),),
    ),
    Library("backend/events", "Listeners and what they listen to", (Release("v1.0.0"), Release("v1.1.0"))),
    Library(
        "backend/queue",
        "Work for later",
        (
            Release("v0.9.0", {"acme/events": "^1.0"}),
            Release("v1.0.0-RC1", {"acme/events": "^1.1", "acme/logging": "^2.0"}),
            Release("v1.0.0", {"acme/events": "^1.1", "acme/logging": "^2.0"}),
        ),
        branches=(("feature/priorities", "v1.0.0"),),
    ),
    Library(
        "backend/orm",
        "Objects in tables",
        (
            Release("v3.0.0", {"acme/cache": "^1.0", "acme/events": "^1.0"}, message="The third generation"),
            Release("v3.1.0", {"acme/cache": "^1.0", "acme/events": "^1.1"}, message="Faster hydration"),
        ),
    ),
    Library("frontend/assets", "Finds, bundles and versions assets", (Release("v1.0.0"), Release("v1.0.1"))),
    Library(
        "frontend/templates",
        "Templates with inheritance",
        (Release("v1.0.0", {"acme/assets": "^1.0", "acme/cache": "^1.0"}),),
    ),
    Library(
        "frontend/markdown",
        "Markdown to HTML",
        (Release("v1.0.0"), Release("v1.1.0", broken='{"name": "acme/markdown",\n'), Release("v1.2.0")),
    ),
    Library("platform/security", "Passwords, tokens and permissions", (Release("v1.0.0", {"acme/clock": "^1.0"}),)),
    Library(
        "platform/tools/coding-standard",
        "How our code looks",
        (Release("v1.0.0"), Release("v1.1.0")),
        visibility="public",
    ),
    Library(
        "platform/tools/deployer",
        "Puts a release on a server",
        (Release("v1.0.0", {"acme/http-client": "^2.0"}), Release("v1.1.0", {"acme/http-client": "^2.0"})),
    ),
    Library("platform/legacy-soap", "Talks to the old accounting system", (Release("v0.4.2"),)),
)


def small_company(fake: FakeGitLab) -> Group:
    """The top group `acme`; look its parts up by path and its people by name.

    Admin: root. Owner: ann. backend: bob (Maintainer), carla (Developer), ivan (blocked). frontend: finn (Developer),
    omar (Guest who may read code), hana (Developer of `studio`, invited as Reporter). platform: jo (expired), kim
    (external, in tools). acme: dan (Reporter), eve (Guest), lena (minimal access). Only platform/security: gil.
    mia is in nothing.
    """
    _people(fake)
    acme = fake.add_group("acme", "Acme")
    backend = fake.add_group("backend", "Backend", parent=acme)
    frontend = fake.add_group("frontend", "Frontend", parent=acme)
    platform = fake.add_group("platform", "Platform", parent=acme)
    tools = fake.add_group("tools", "Tools", parent=platform)
    studio = fake.add_group("studio", "Studio North")
    homes = {"backend": backend, "frontend": frontend, "platform": platform, "platform/tools": tools}
    for number, library in enumerate(LIBRARIES):
        _add_library(fake, homes[library.path.rpartition("/")[0]], library, BEGINNING + timedelta(days=number))
    _add_oddities(fake, frontend, platform)
    _memberships(fake, acme, homes, studio)
    return acme


def _people(fake: FakeGitLab) -> None:
    fake.add_user("root", "Rosa Root", is_admin=True)
    fake.add_user("ann", "Ann Almond", more_emails=[("ann@almond.example", True), ("old@almond.example", False)])
    names = "Bob Birch,Carla Cedar,Dan Dogwood,Eve Elm,Finn Fir,Gil Ginkgo,Hana Hazel,Lena Linden,Mia Maple,Omar Oak"
    for name in names.split(","):
        fake.add_user(name.split(" ")[0].lower(), name)
    fake.add_user("ivan", "Ivan Ivy", state="blocked")
    fake.add_user("jo", "Jo Juniper")
    fake.add_user("kim", "Kim Kapok", external=True)


def _memberships(fake: FakeGitLab, acme: Group, homes: dict[str, Group], studio: Group) -> None:
    reads = fake.member_role("Code reader", read_code=True)
    fake.add_member(acme, fake.user("ann"), Level.OWNER)
    fake.add_member(acme, fake.user("dan"), Level.REPORTER)
    fake.add_member(acme, fake.user("eve"), Level.GUEST)
    fake.add_member(acme, fake.user("lena"), Level.MINIMAL)
    fake.add_member(homes["backend"], fake.user("bob"), Level.MAINTAINER)
    fake.add_member(homes["backend"], fake.user("carla"), Level.DEVELOPER)
    fake.add_member(homes["backend"], fake.user("ivan"), Level.DEVELOPER)
    fake.add_member(homes["frontend"], fake.user("finn"), Level.DEVELOPER)
    fake.add_member(homes["frontend"], fake.user("omar"), Level.GUEST, role=reads)
    gone = fake.clock.today() - timedelta(days=30)
    fake.add_member(homes["platform"], fake.user("jo"), Level.DEVELOPER, expires_on=gone)
    fake.add_member(homes["platform/tools"], fake.user("kim"), Level.DEVELOPER)
    fake.add_member(fake.project("acme/platform/security"), fake.user("gil"), Level.REPORTER)
    fake.add_member(studio, fake.user("hana"), Level.DEVELOPER)
    fake.share(homes["frontend"], studio, Level.REPORTER)
    fake.group_token(homes["backend"], ["read_api"], level=Level.REPORTER)


def _add_oddities(fake: FakeGitLab, frontend: Group, platform: Group) -> None:
    infrastructure = fake.add_project(platform, "infrastructure", "Infrastructure")
    fake.commit(infrastructure, {"README.md": "# Infrastructure\n", "hosts.yml": "web: [one, two]\n"}, at=BEGINNING)
    fake.add_project(frontend, "playground", "Playground")
    fake.update_project(fake.project("acme/platform/legacy-soap"), archived=True)


def _add_library(fake: FakeGitLab, home: Group, library: Library, beginning: datetime) -> Project:
    project = fake.add_project(home, library.name, library.name.replace("-", " ").title())
    fake.update_project(project, visibility=library.visibility, description=library.description, created_at=beginning)
    at = beginning
    for number, release in enumerate(library.releases):
        at += timedelta(days=21)
        files = _files(library, release, number)
        fake.commit(project, files, message=f"Release {release.tag}", at=at)
        fake.tag(project, release.tag, message=release.message)
    for branch, tag in library.branches:
        fake.push(project, {f"refs/heads/{branch}": fake.repository(project).resolve(tag)})
        note = {f"notes/{branch.replace('/', '-')}.md": f"Work on {branch}.\n"}
        fake.commit(project, note, message=f"Begin {branch}", branch=branch, at=at + timedelta(days=3))
    fake.commit(project, {"CHANGELOG.md": "Unreleased\n"}, message="Open the next version", at=at + timedelta(days=5))
    fake.update_project(project, last_activity_at=at + timedelta(days=5))
    return project


def _files(library: Library, release: Release, number: int) -> dict[str, str]:
    space = library.name.replace("-", " ").title().replace(" ", "")
    manifest = manifest_of(library.name, library.description, release.requires)
    constant = f"public const RELEASE = '{release.tag}';"
    code = f"<?php\n\nnamespace Acme\\{space};\n\nfinal class {space}\n{{\n    {constant}\n}}\n"
    return {
        "composer.json": release.broken or manifest,
        "README.md": f"# acme/{library.name}\n\n{library.description}.\n\n    composer require acme/{library.name}\n",
        f"src/{space}.php": code,
        ".gitattributes": "/tests export-ignore\n",
        f"tests/{space}Test.php": f"<?php\n\n// {number + 1} tests\n",
    }


def manifest_of(name: str, description: str, requires: Requires, vendor: str = "acme") -> str:
    """A composer.json."""
    space = name.replace("-", " ").title().replace(" ", "")
    manifest = {
        "name": f"{vendor}/{name}",
        "description": description,
        "type": "library",
        "license": "proprietary",
        "require": {"php": ">=7.4"} | requires,
        "autoload": {"psr-4": {f"Acme\\{space}\\": "src/"}},
    }
    return json.dumps(manifest, indent=4) + "\n"


def large_company(fake: FakeGitLab, *, groups: int = 50, projects: int = 1000, members: int = 1000) -> Group:
    """The top group `large` with its owner `owner`; everything else follows from the numbers.

    Three levels of subgroups, each person in one to three groups, every tenth project with a member of its own,
    every project with a composer.json and three tags.
    """
    top = fake.add_group("large", "Large")
    fake.add_member(top, fake.add_user("owner", "Olga Owner"), Level.OWNER)
    homes = [top]
    for number in range(1, groups):
        homes.append(fake.add_group(f"team-{number:04}", parent=homes[(number - 1) // 7]))
    people = [fake.add_user(f"person-{number:05}") for number in range(members)]
    levels = (Level.REPORTER, Level.DEVELOPER, Level.DEVELOPER, Level.MAINTAINER, Level.GUEST)
    for number, person in enumerate(people):
        for step in range(1 + number % 3):
            fake.add_member(homes[(number * 7 + step * 13) % groups], person, levels[number % 5])
    for number in range(projects):
        project = _add_numbered(fake, homes[number % groups], number)
        if number % 10 == 0 and people:
            fake.add_member(project, people[number % members], Level.DEVELOPER)
    return top


def _add_numbered(fake: FakeGitLab, home: Group, number: int) -> Project:
    name = f"library-{number:05}"
    project = fake.add_project(home, name)
    at = BEGINNING + timedelta(minutes=number)
    fake.commit(project, {"composer.json": manifest_of(name, "One of many", {}, vendor="large")}, at=at)
    head = fake.repository(project).resolve("HEAD")
    fake.push(project, {f"refs/tags/v1.{minor}.0": head for minor in range(3)})
    return project


def random_company(fake: FakeGitLab, seed: int) -> Group:
    """The top group `random` (owner: `owner`) beside another company whose groups are invited into it here and there.

    Every state of users, memberships, shares and projects that decides about reading code turns up.
    """
    dice = random.Random(seed)
    top = fake.add_group("random", visibility=dice.choice(("private", "private", "internal", "public")))
    fake.add_member(top, fake.add_user("owner"), Level.OWNER)
    people = [_random_user(fake, dice, number) for number in range(dice.randint(4, 14))]
    homes = _random_tree(fake, dice, top)
    strangers = _random_tree(fake, dice, fake.add_group("partners"))
    projects = [_random_project(fake, dice, number, homes) for number in range(dice.randint(2, 10))]
    places: list[Group | Project] = [*homes, *strangers, *projects]
    for person in people:
        _random_memberships(fake, dice, person, places)
    for place in places[: len(homes)] + places[len(homes) + len(strangers) :]:
        for invited in dice.sample([*strangers, *homes], k=dice.choice((0, 0, 0, 1, 2))):
            if invited is not place:
                level = dice.choice((Level.GUEST, Level.REPORTER, Level.DEVELOPER, Level.OWNER))
                fake.share(place, invited, level, expires_on=_random_expiry(fake, dice))
    return top


def _random_user(fake: FakeGitLab, dice: random.Random, number: int) -> User:
    states = ("active",) * 12 + ("blocked", "deactivated", "banned", "ldap_blocked", "blocked_pending_approval")
    is_bot = dice.random() < 0.08
    name = f"group_{number}_bot_{dice.randrange(16**8):08x}" if is_bot else f"person-{number}"
    return fake.add_user(name, state=dice.choice(states), bot=is_bot, external=dice.random() < 0.2)


def _random_tree(fake: FakeGitLab, dice: random.Random, top: Group) -> list[Group]:
    homes = [top]
    visibilities: tuple[Visibility, ...] = ("private", "internal", "public")
    for number in range(dice.randint(0, 5)):
        visibility = dice.choice(visibilities)
        homes.append(fake.add_group(f"part-{number}", parent=dice.choice(homes), visibility=visibility))
    return homes


def _random_project(fake: FakeGitLab, dice: random.Random, number: int, homes: list[Group]) -> Project:
    today = fake.clock.today()
    project = fake.add_project(
        dice.choice(homes),
        f"library-{number}",
        visibility=dice.choice(("private", "private", "internal", "public")),
        repository_access_level=dice.choice(("enabled", "enabled", "enabled", "private", "disabled")),
        archived=dice.random() < 0.15,
        marked_for_deletion_on=today if dice.random() < 0.1 else None,
    )
    if dice.random() < 0.85:
        fake.commit(project, {"composer.json": manifest_of(f"library-{number}", "Random", {}, vendor="random")})
    return project


def _random_memberships(fake: FakeGitLab, dice: random.Random, person: User, places: list[Group | Project]) -> None:
    """Somebody with a custom role has no other membership, as one row per person can not say two things."""
    if dice.random() < 0.15:
        role = fake.member_role("Guest with code", read_code=dice.random() < 0.7)
        fake.add_member(dice.choice(places), person, Level.GUEST, role=role)
        return
    for place in dice.sample(places, k=min(dice.randint(0, 3), len(places))):
        is_top = isinstance(place, Group) and place.parent_id is None
        levels = (10, 15, 20, 30, 40, 50, 10, 20, 5 if is_top else 30)
        expiry, is_awaiting = _random_expiry(fake, dice), dice.random() < 0.07
        fake.add_member(place, person, dice.choice(levels), expires_on=expiry, awaiting=is_awaiting)


def _random_expiry(fake: FakeGitLab, dice: random.Random) -> date | None:
    days = dice.choice((None, None, None, None, -3, 0, 1, 30))
    return None if days is None else fake.clock.today() + timedelta(days=days)
