"""What changes at a Bitbucket Data Center: groups, permissions on the project and in it, what everybody may do."""

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc.companies import PERMISSIONS, REPOSITORY_PERMISSIONS
from tests.fakes.bitbucket_dc.model import LICENSED_GROUP, Group, Level, Project, Repo, User
from tests.functional.sync.changing.parts import Changes, manifest


class DataCenterChanges(Changes):
    """In one project."""

    KINDS = (
        *("join_group", "join_group", "leave_group", "add_group", "delete_group"),
        *("grant", "grant", "grant_there", "grant_there", "revoke", "change_default", "change_publicity"),
        *("deactivate", "change_licence", "rename_person", "delete_person", "rename_project"),
        *("add_repository", "open_or_close", "archive", "rename", "move_away", "bring_back", "delete_repository"),
    )

    def begin(self) -> None:
        self.add_repository()
        for repo in self.repos:
            self.fake.commit(repo, manifest(repo.slug))

    @property
    def fake(self) -> FakeBitbucketDataCenter:
        assert isinstance(self.hosted.fake, FakeBitbucketDataCenter)
        return self.hosted.fake

    @property
    def home(self) -> Project:
        return self.fake.state.projects[int(self.hosted.root_id)]

    @property
    def other(self) -> Project:
        return next(each for each in self.fake.state.projects.values() if each is not self.home)

    @property
    def repos(self) -> list[Repo]:
        return self.fake.state.repositories_in(self.home)

    @property
    def people(self) -> list[User]:
        """All but the owner of the credential."""
        users = self.fake.state.users.values()
        return [each for each in users if each.type == "NORMAL" and each.name not in {"owner", "stranger"}]

    @property
    def groups(self) -> list[Group]:
        return [each for key, each in self.fake.state.groups.items() if key != LICENSED_GROUP]

    @property
    def holders(self) -> list[User | Group]:
        return [*self.people, *self.groups]

    def readers(self) -> dict[str, set[str]]:
        found = super().readers()
        return {str(repo.id): found[str(repo.id)] for repo in self.repos}

    def join_group(self) -> None:
        for group in self.one(self.groups):
            for person in self.one(self.people):
                self.fake.add_to_group(group, person)

    def leave_group(self) -> None:
        rows = [(group, each) for group in self.groups for each in self.people if each.id in group.members]
        for group, person in self.one(rows):
            self.fake.remove_from_group(group, person)

    def add_group(self) -> None:
        group = self.fake.add_group(self.new_name("group"), *self.dice.sample(self.people, k=2))
        places: list[Project | Repo] = [self.home, *self.repos]
        for place in self.one(places):
            self.fake.grant(place, group, "PROJECT_READ" if place is self.home else "REPO_READ")

    def delete_group(self) -> None:
        for group in self.one(self.groups):
            self.fake.delete_group(group)

    def grant(self) -> None:
        for who in self.one(self.holders):
            self.fake.grant(self.home, who, self.dice.choice(PERMISSIONS))

    def grant_there(self) -> None:
        for repo in self.one(self.repos):
            for who in self.one(self.holders):
                self.fake.grant(repo, who, self.dice.choice(REPOSITORY_PERMISSIONS))

    def revoke(self) -> None:
        places: list[Project | Repo] = [self.home, *self.repos]
        granted = self.fake.state.granted
        rows = [(place, who) for place in places for who in self.holders if who.principal in granted(place.place)]
        for place, who in self.one(rows):
            self.fake.revoke(place, who)

    def change_default(self) -> None:
        self.fake.set_default(self.home, self.dice.choice((Level.NONE, Level.NONE, Level.READ, Level.WRITE)))

    def change_publicity(self) -> None:
        self.home.public = not self.home.public and self.perhaps()

    def deactivate(self) -> None:
        for person in self.one(self.people):
            if person.active:
                self.fake.deactivate(person)
            else:
                self.fake.activate(person)

    def change_licence(self) -> None:
        for person in self.one(self.people):
            self.fake.set_licensed(person, self.perhaps())

    def rename_person(self) -> None:
        for person in self.one(self.people):
            self.fake.rename_user(person, self.new_name("name"))

    def delete_person(self) -> None:
        for person in self.one(self.people[3:]):
            self.fake.delete_user(person)

    def rename_project(self) -> None:
        self.fake.rename_project(self.home, key=self.new_name("key").replace("-", "_").upper())

    def add_repository(self) -> None:
        repo = self.fake.add_repository(self.home, self.new_name("library"), public=self.dice.random() < 0.3)
        self.fake.commit(repo, manifest(repo.slug))

    def open_or_close(self) -> None:
        for repo in self.one(self.repos):
            self.fake.update_repository(repo, public=not repo.public)

    def archive(self) -> None:
        for repo in self.one(self.repos):
            self.fake.update_repository(repo, archived=not repo.archived)

    def rename(self) -> None:
        for repo in self.one(self.repos):
            self.fake.rename_repository(repo, self.new_name("library"))

    def move_away(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.move_repository(repo, self.other)

    def bring_back(self) -> None:
        for repo in self.one(self.fake.state.repositories_in(self.other)):
            self.fake.move_repository(repo, self.home)

    def delete_repository(self) -> None:
        for repo in self.one(self.repos[1:]):
            self.fake.delete_repository(repo)
