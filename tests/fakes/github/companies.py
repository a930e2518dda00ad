"""Companies for a fake GitHub: a small one for the demo and the stories, a large one, and random ones."""

import random
from datetime import timedelta

from tests.fakes.company import BEGINNING, LIBRARIES, Library, manifest_of

from .fake import FakeGitHub
from .model import BasePermission, Organization, Repo, Team, User, Visibility

NAMES = (
    "Bob Birch,Carla Cedar,Dan Dogwood,Eve Elm,Finn Fir,Gil Ginkgo,Hana Hazel,Jo Juniper,Kim Kapok,Lena Linden,"
    "Mia Maple,Omar Oak"
)
ROLES = ("pull", "pull", "triage", "push", "maintain", "admin")


def small_company(fake: FakeGitHub) -> Organization:
    """The organization `acme`, whose base permission is none; its parts by path, its people by login.

    Site administrator: root. Owner: ann. Teams: backend (push on its libraries): bob, carla, ivan (suspended), and
    below it databases: dan, with admin on orm. frontend (push): finn, omar; below it design: hana (reads), below that
    brand: kim. platform (maintain): omar. secret-keys (secret): carla reads security. By themselves: gil (no member)
    reads only security, eve (member) triages logging. lena is a member without anything, jo is only invited, mia is in
    nothing. coding-standard is public, clock internal, legacy-soap archived, playground empty.
    """
    _people(fake)
    acme = fake.add_organization("acme", "Acme", owner=fake.user("ann"), base_permission="none")
    for name in ("bob", "carla", "dan", "eve", "finn", "hana", "ivan", "kim", "lena", "omar"):
        fake.add_member(acme, fake.user(name), is_public=name == "bob")
    fake.add_member(acme, fake.user("jo"), state="pending")
    repos = {each.path: _add_library(fake, acme, each, number) for number, each in enumerate(LIBRARIES)}
    infrastructure = fake.add_repo(acme, "infrastructure")
    fake.commit(infrastructure, {"README.md": "# Infrastructure\n", "hosts.yml": "web: [one, two]\n"}, at=BEGINNING)
    fake.add_repo(acme, "playground")
    fake.update_repo(fake.repo("acme/legacy-soap"), archived=True)
    _grants(fake, acme, repos)
    return acme


def _people(fake: FakeGitHub) -> None:
    fake.add_user("root", "Rosa Root", is_site_admin=True)
    fake.add_user("ann", "Ann Almond", more_emails=[("ann@almond.example", True), ("old@almond.example", False)])
    for name in NAMES.split(","):
        fake.add_user(name.partition(" ")[0].lower(), name)
    fake.add_user("ivan", "Ivan Ivy", is_suspended=True)


def _grants(fake: FakeGitHub, acme: Organization, repos: dict[str, Repo]) -> None:
    def team(name: str, logins: str, parent: Team | None = None) -> Team:
        return fake.add_team(acme, name, parent=parent, members=[fake.user(each) for each in logins.split()])

    backend, frontend = team("Backend", "bob carla ivan"), team("Frontend", "finn omar")
    platform = team("Platform", "omar")
    databases, design = team("Databases", "dan", backend), team("Design", "hana", frontend)
    team("Brand", "kim", design)
    keys = fake.add_team(acme, "Secret keys", privacy="secret", members=[fake.user("carla")])
    homes = {"backend": (backend, "push"), "frontend": (frontend, "push"), "platform": (platform, "maintain")}
    for path, repo in repos.items():
        home, role = homes[path.partition("/")[0]]
        fake.add_team_repo(home, repo, role)
    fake.add_team_member(backend, fake.user("bob"), role="maintainer")
    fake.add_team_repo(databases, fake.repo("acme/orm"), "admin")
    fake.add_team_repo(design, fake.repo("acme/logging"), "pull")
    fake.add_team_repo(keys, fake.repo("acme/security"), "pull")
    fake.add_collaborator(fake.repo("acme/security"), fake.user("gil"), "pull")
    fake.add_collaborator(fake.repo("acme/logging"), fake.user("eve"), "triage")


def _add_library(fake: FakeGitHub, home: Organization, library: Library, number: int) -> Repo:
    visibilities: dict[str, Visibility] = {"public": "public", "internal": "internal"}
    repo = fake.add_repo(home, library.name, visibility=visibilities.get(library.visibility, "private"))
    at = beginning = BEGINNING + timedelta(days=number)
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
    pushed_at = at + timedelta(days=5)
    fake.update_repo(repo, description=library.description, created_at=beginning, pushed_at=pushed_at)
    return repo


def large_company(fake: FakeGitHub, *, teams: int = 50, repositories: int = 1000, members: int = 1000) -> Organization:
    """The organization `large` with its owner `owner` and no base permission; all else follows from the numbers.

    Teams stand three deep, each person is in one to three of them, each repository belongs to one, every tenth has a
    collaborator of its own, and every one a composer.json and three tags.
    """
    large = fake.add_organization("large", owner=fake.add_user("owner", "Olga Owner"), base_permission="none")
    homes: list[Team] = []
    for number in range(teams):
        parent = homes[(number - 1) // 7] if number else None
        homes.append(fake.add_team(large, f"team-{number:04}", parent=parent))
    people = [fake.add_user(f"person-{number:05}") for number in range(members)]
    for number, person in enumerate(people):
        fake.add_member(large, person)
        for step in range(1 + number % 3):
            fake.add_team_member(homes[(number * 7 + step * 13) % teams], person)
    for number in range(repositories):
        repo = _add_numbered(fake, large, number)
        fake.add_team_repo(homes[number % teams], repo, ("pull", "push")[number % 2])
        if number % 10 == 0 and people:
            fake.add_collaborator(repo, people[number % members], "pull")
    return large


def _add_numbered(fake: FakeGitHub, home: Organization, number: int) -> Repo:
    name = f"library-{number:05}"
    repo = fake.add_repo(home, name)
    at = BEGINNING + timedelta(minutes=number)
    fake.commit(repo, {"composer.json": manifest_of(name, "One of many", {}, vendor="large")}, at=at)
    head = fake.repository(repo).resolve("HEAD")
    fake.push(repo, {f"refs/tags/v1.{minor}.0": head for minor in range(3)})
    return repo


def random_company(fake: FakeGitHub, seed: int) -> Organization:
    """The organization `random` (owner: `owner`) beside another one that has nothing to say in it.

    Every base permission, standing, kind of team, role and account that decides about reading code turns up.
    """
    dice = random.Random(seed)
    bases: tuple[BasePermission, ...] = ("none", "none", "read", "write")
    home = fake.add_organization("random", owner=fake.add_user("owner"), base_permission=dice.choice(bases))
    people = [_random_person(fake, dice, number) for number in range(dice.randint(4, 14))]
    members = [each for each in people if dice.random() < 0.7]
    for person in members:
        state = "pending" if dice.random() < 0.1 else "active"
        fake.add_member(home, person, role=dice.choice(("member",) * 8 + ("admin",)), state=state)
    repos = [_random_repo(fake, dice, home, number) for number in range(dice.randint(2, 10))]
    teams = _random_teams(fake, dice, home, members)
    custom = fake.custom_role(home, "auditor", base=dice.choice(("pull", "triage", "push")))
    for team in teams:
        for repo in dice.sample(repos, k=dice.randint(0, min(3, len(repos)))):
            fake.add_team_repo(team, repo, dice.choice((*ROLES, custom.name)))
    for person in people:
        for repo in dice.sample(repos, k=dice.choice((0, 0, 0, 1, 2))):
            fake.add_collaborator(repo, person, dice.choice((*ROLES, custom.name)))
    if fake.core.has_organization_roles:
        _random_organization_roles(fake, dice, home, teams, members)
    _strangers(fake, dice, people)
    return home


def _random_person(fake: FakeGitHub, dice: random.Random, number: int) -> User:
    is_verified, is_suspended = dice.random() < 0.8, dice.random() < 0.15
    return fake.add_user(f"person-{number}", is_verified=is_verified, is_suspended=is_suspended)


def _random_repo(fake: FakeGitHub, dice: random.Random, home: Organization, number: int) -> Repo:
    visibilities: tuple[Visibility, ...] = ("private", "private", "private", "internal", "public")
    repo = fake.add_repo(
        home,
        f"library-{number}",
        visibility=dice.choice(visibilities),
        archived=dice.random() < 0.15,
        is_fork=dice.random() < 0.1,
    )
    if dice.random() < 0.85:
        fake.commit(repo, {"composer.json": manifest_of(f"library-{number}", "Random", {}, vendor="random")})
    return repo


def _random_teams(fake: FakeGitHub, dice: random.Random, home: Organization, members: list[User]) -> list[Team]:
    """Up to three deep; secret ones stand alone."""
    teams: list[Team] = []
    for number in range(dice.randint(0, 6)):
        chosen = dice.sample(members, k=dice.randint(0, len(members)))
        is_secret = dice.random() < 0.2
        parents = [each for each in teams if each.privacy == "closed" and len(fake.state.team_chain(each)) < 3]
        parent = dice.choice(parents) if parents and not is_secret and dice.random() < 0.7 else None
        team = fake.add_team(home, f"Team {number}", parent=parent, privacy="secret" if is_secret else "closed")
        for person in chosen:
            fake.add_team_member(team, person, role=dice.choice(("member", "member", "maintainer")))
        teams.append(team)
    return teams


def _random_organization_roles(
    fake: FakeGitHub, dice: random.Random, home: Organization, teams: list[Team], members: list[User]
) -> None:
    role = fake.organization_role(home, "all_repo_read", base="pull")
    idle = fake.organization_role(home, "security_manager", base="none")
    for each in (role, idle):
        for team in dice.sample(teams, k=min(len(teams), dice.choice((0, 0, 1)))):
            fake.assign_role(each, team)
        active = [one for one in members if fake.state.members[home.id][one.id].is_active]
        for person in dice.sample(active, k=min(len(active), dice.choice((0, 0, 1)))):
            fake.assign_role(each, person)


def _strangers(fake: FakeGitHub, dice: random.Random, people: list[User]) -> None:
    """Another company with some of the same people."""
    other = fake.add_organization("strangers", owner=fake.add_user("stranger"), base_permission="read")
    team = fake.add_team(other, "Team 0")
    repo = fake.add_repo(other, "library-0")
    fake.add_team_repo(team, repo, "push")
    for person in dice.sample(people, k=min(3, len(people))):
        fake.add_member(other, person)
        fake.add_team_member(team, person)
