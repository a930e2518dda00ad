"""What changes at a GitHub: members, teams and what is above them, collaborators, base permission, roles."""

from tests.fakes.github import FakeGitHub
from tests.fakes.github.model import BasePermission, Organization, Privacy, Repo, Team, User, Visibility
from tests.functional.sync.changing.parts import Changes, manifest

ROLES = ("pull", "triage", "push", "maintain", "admin")
BASES: tuple[BasePermission, ...] = ("none", "none", "read", "write", "admin")
VISIBILITIES: tuple[Visibility, ...] = ("private", "private", "internal", "public")


class GitHubChanges(Changes):
    """In one organization."""

    KINDS = (
        *(
            "join",
            "leave",
            "change_standing",
            "suspend",
            "rename_person",
            "change_base",
            "assign_role",
            "unassign_role",
        ),
        *("add_team", "rename_team", "move_team", "delete_team", "join_team", "join_team", "leave_team"),
        *("grant_team", "grant_team", "revoke_team", "let_in", "let_in", "throw_out"),
        *("add_repo", "change_visibility", "archive", "rename", "transfer", "bring_back", "delete_repo"),
        "rename_organization",
    )

    def begin(self) -> None:
        self.add_repo()
        for repo in self.repos:
            self.fake.commit(repo, manifest(repo.name))

    @property
    def fake(self) -> FakeGitHub:
        assert isinstance(self.hosted.fake, FakeGitHub)
        return self.hosted.fake

    @property
    def home(self) -> Organization:
        return self.fake.state.organizations[int(self.hosted.root_id)]

    @property
    def other(self) -> Organization:
        return next(each for each in self.fake.state.organizations.values() if each is not self.home)

    @property
    def repos(self) -> list[Repo]:
        return self.fake.state.repos_of(self.home.id)

    @property
    def teams(self) -> list[Team]:
        return self.fake.state.teams_of(self.home.id)

    @property
    def people(self) -> list[User]:
        """All but the owners of both organizations."""
        return [each for each in self.fake.state.users.values() if each.login not in {"owner", "stranger"}]

    @property
    def members(self) -> list[User]:
        return [each for each in self.people if each.id in self.fake.state.members[self.home.id]]

    def join(self) -> None:
        for person in self.one(each for each in self.people if each not in self.members):
            self.fake.add_member(self.home, person, state=self.dice.choice(("active", "active", "pending")))

    def leave(self) -> None:
        for person in self.one(self.members):
            self.fake.remove_member(self.home, person, keeps_repos=self.perhaps())

    def change_standing(self) -> None:
        for person in self.one(self.members):
            self.fake.add_member(self.home, person, role=self.dice.choice(("member", "member", "admin")))

    def suspend(self) -> None:
        for person in self.one(self.people):
            if person.suspended_at is None:
                self.fake.suspend(person)
            else:
                self.fake.unsuspend(person)

    def rename_person(self) -> None:
        for person in self.one(self.people):
            self.fake.rename_user(person, self.new_name("login"))

    def change_base(self) -> None:
        self.fake.set_base_permission(self.home, self.dice.choice(BASES))

    def assign_role(self) -> None:
        role = self.fake.organization_role(self.home, self.new_name("role"), base=self.dice.choice(("none", "pull")))
        holders: list[User | Team] = [*self.teams, *(each for each in self.members if self._is_active(each))]
        for holder in self.one(holders):
            self.fake.assign_role(role, holder)

    def _is_active(self, person: User) -> bool:
        return self.fake.state.members[self.home.id][person.id].is_active

    def unassign_role(self) -> None:
        assignments = self.fake.state.role_assignments
        for each in self.one(assignments):
            assignments.remove(each)

    def add_team(self) -> None:
        parents = [
            each for each in self.teams if each.privacy == "closed" and len(self.fake.state.team_chain(each)) < 3
        ]
        parent = next(iter(self.one([None, *parents])))
        privacy: Privacy = "secret" if parent is None and self.perhaps() else "closed"
        chosen = self.dice.sample(self.members, k=min(2, len(self.members)))
        team = self.fake.add_team(self.home, self.new_name("team"), parent=parent, privacy=privacy, members=chosen)
        for repo in self.one(self.repos):
            self.fake.add_team_repo(team, repo, self.dice.choice(ROLES))

    def rename_team(self) -> None:
        for team in self.one(self.teams):
            self.fake.update_team(team, name=self.new_name("team"))

    def move_team(self) -> None:
        """Below another one, or out of where it was."""
        closed = [each for each in self.teams if each.privacy == "closed"]
        for team in self.one(closed):
            inside = {team.id, *(each.id for each in self.fake.state.teams_below(team))}
            parent = self.dice.choice([None, *(each.id for each in closed if each.id not in inside)])
            self.fake.update_team(team, parent_id=parent)

    def delete_team(self) -> None:
        for team in self.one(self.teams):
            self.fake.delete_team(team)

    def join_team(self) -> None:
        for team in self.one(self.teams):
            for person in self.one(self.members):
                self.fake.add_team_member(team, person)

    def leave_team(self) -> None:
        rows = [(team, each) for team in self.teams for each in self.fake.state.team_members.get(team.id, {})]
        for team, user_id in self.one(rows):
            self.fake.remove_team_member(team, self.fake.state.users[user_id])

    def grant_team(self) -> None:
        for team in self.one(self.teams):
            for repo in self.one(self.repos):
                self.fake.add_team_repo(team, repo, self.dice.choice((*ROLES, "auditor")))

    def revoke_team(self) -> None:
        rows = [(team, each) for team in self.teams for each in self.fake.state.team_repos.get(team.id, {})]
        for team, repo_id in self.one(rows):
            self.fake.remove_team_repo(team, self.fake.state.repos[repo_id])

    def let_in(self) -> None:
        for repo in self.one(self.repos):
            for person in self.one(self.people):
                self.fake.add_collaborator(repo, person, self.dice.choice((*ROLES, "auditor")))

    def throw_out(self) -> None:
        rows = [(repo, each) for repo in self.repos for each in self.fake.state.collaborators.get(repo.id, {})]
        for repo, user_id in self.one(rows):
            self.fake.remove_collaborator(repo, self.fake.state.users[user_id])

    def add_repo(self) -> None:
        name = self.new_name("library")
        repo = self.fake.add_repo(self.home, name, visibility=self.dice.choice(VISIBILITIES))
        self.fake.commit(repo, manifest(name))

    def change_visibility(self) -> None:
        for repo in self.one(self.repos):
            self.fake.update_repo(repo, visibility=self.dice.choice(VISIBILITIES))

    def archive(self) -> None:
        for repo in self.one(self.repos):
            self.fake.update_repo(repo, archived=not repo.archived)

    def rename(self) -> None:
        for repo in self.one(self.repos):
            self.fake.rename_repo(repo, self.new_name("library"))

    def transfer(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.transfer_repo(repo, self.other)

    def bring_back(self) -> None:
        for repo in self.one(self.fake.state.repos_of(self.other.id)):
            self.fake.rename_repo(repo, self.new_name("library"))
            self.fake.transfer_repo(repo, self.home)

    def delete_repo(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.delete_repo(repo)

    def rename_organization(self) -> None:
        self.fake.rename_organization(self.home, self.new_name("organization"))
