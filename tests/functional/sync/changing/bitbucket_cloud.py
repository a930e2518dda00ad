"""What changes at Bitbucket Cloud: members, groups, grants on projects and repositories, what is public."""

from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_cloud.changes import as_holder
from tests.fakes.bitbucket_cloud.model import Account, Group, Project, Repo, Role, Workspace
from tests.functional.sync.changing.parts import Changes, manifest

ROLES: tuple[Role, ...] = ("member", "member", "create-project", "owner")
GRANTS = ("none", "read", "read", "write", "admin")


class CloudChanges(Changes):
    """In one workspace."""

    KINDS = (
        *("join", "leave", "change_role", "change_state", "add_group", "delete_group"),
        *("join_group", "join_group", "leave_group", "grant", "grant", "grant_there", "grant_there", "revoke"),
        *("add_repository", "open_or_close", "rename", "change_project", "transfer", "bring_back", "delete_repository"),
        "rename_workspace",
    )

    def begin(self) -> None:
        self.add_repository()
        for repo in self.repos:
            self.fake.commit(repo, manifest(repo.slug))

    @property
    def fake(self) -> FakeBitbucketCloud:
        assert isinstance(self.hosted.fake, FakeBitbucketCloud)
        return self.hosted.fake

    @property
    def home(self) -> Workspace:
        return self.fake.state.workspaces[self.hosted.root_id]

    @property
    def other(self) -> Workspace:
        return next(each for each in self.fake.state.workspaces.values() if each is not self.home)

    @property
    def repos(self) -> list[Repo]:
        return self.fake.state.repos_of(self.home.uuid)

    @property
    def projects(self) -> list[Project]:
        return [each for each in self.fake.state.projects.values() if each.workspace == self.home.uuid]

    @property
    def people(self) -> list[Account]:
        """All but the owner of the credential."""
        return [each for each in self.fake.state.accounts.values() if each.nickname != "owner"]

    @property
    def members(self) -> list[Account]:
        return [each for each in self.people if each.uuid in self.fake.state.members[self.home.uuid]]

    @property
    def groups(self) -> list[Group]:
        return list(self.fake.state.groups[self.home.uuid].values())

    @property
    def holders(self) -> list[Account | Group]:
        return [*self.people, *self.groups]

    def readers(self) -> dict[str, set[str]]:
        found = super().readers()
        return {repo.uuid: found[repo.uuid] for repo in self.repos}

    def join(self) -> None:
        for person in self.one(each for each in self.people if each not in self.members):
            self.fake.add_member(self.home, person, self.dice.choice(ROLES))

    def leave(self) -> None:
        for person in self.one(self.members):
            self.fake.remove_member(self.home, person)

    def change_role(self) -> None:
        for person in self.one(self.members):
            self.fake.update_member(self.home, person, self.dice.choice(ROLES))

    def change_state(self) -> None:
        """What is closed stays closed."""
        for person in self.one(each for each in self.people if each.account_status != "closed"):
            self.fake.set_user_state(person, self.dice.choice(("active", "active", "inactive", "inactive", "closed")))

    def add_group(self) -> None:
        group = self.fake.add_group(self.home, self.new_name("group"), members=self.dice.sample(self.people, k=2))
        for repo in self.one(self.repos):
            self.fake.grant(repo, group, "read")

    def delete_group(self) -> None:
        for group in self.one(self.groups):
            self.fake.delete_group(group)

    def join_group(self) -> None:
        for group in self.one(self.groups):
            for person in self.one(self.people):
                self.fake.add_to_group(group, person)

    def leave_group(self) -> None:
        rows = [(group, each) for group in self.groups for each in self.people if each.uuid in group.members]
        for group, person in self.one(rows):
            self.fake.remove_from_group(group, person)

    def grant(self) -> None:
        for project in self.one(self.projects):
            for who in self.one(self.holders):
                self.fake.grant(project, who, self.dice.choice((*GRANTS, "create-repo")))

    def grant_there(self) -> None:
        for repo in self.one(self.repos):
            for who in self.one(self.holders):
                self.fake.grant(repo, who, self.dice.choice(GRANTS))

    def revoke(self) -> None:
        granted = self.fake.state.grants_at
        places: list[Project | Repo] = [*self.projects, *self.repos]
        rows = [(place, who) for place in places for who in self.holders if as_holder(who) in granted(place.uuid)]
        for place, who in self.one(rows):
            self.fake.revoke(place, who)

    def add_repository(self) -> None:
        for project in self.one(self.projects):
            repo = self.fake.add_repository(project, self.new_name("library"), is_private=self.perhaps())
            self.fake.commit(repo, manifest(repo.slug))

    def open_or_close(self) -> None:
        for repo in self.one(self.repos):
            self.fake.update_repository(repo, is_private=not repo.is_private)

    def rename(self) -> None:
        for repo in self.one(self.repos):
            name = self.new_name("library")
            self.fake.update_repository(repo, name=name, slug=name)

    def change_project(self) -> None:
        for repo in self.one(self.repos):
            for project in self.one(self.projects):
                self.fake.update_repository(repo, project=project.uuid)

    def transfer(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.update_repository(repo, slug=self.new_name("library"))
            self.fake.transfer_repository(repo, self.other)

    def bring_back(self) -> None:
        for repo in self.one(self.fake.state.repos_of(self.other.uuid)):
            self.fake.update_repository(repo, slug=self.new_name("library"))
            self.fake.transfer_repository(repo, self.home)

    def delete_repository(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.delete_repository(repo)

    def rename_workspace(self) -> None:
        self.fake.rename_workspace(self.home, self.new_name("workspace"))
