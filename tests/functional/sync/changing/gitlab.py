"""What changes at a GitLab: members and roles, groups that are invited, moved projects, blocked people."""

from dataclasses import replace
from datetime import timedelta

from tests.fakes.gitlab import FakeGitLab, Group, Level, Project, User
from tests.fakes.gitlab.oracle import readers
from tests.fakes.gitlab.rights import Effective, usable_member
from tests.functional.sync.changing.parts import Changes, manifest

LEVELS = (Level.GUEST, Level.REPORTER, Level.DEVELOPER, Level.MAINTAINER, Level.OWNER)
STATES = ("active", "active", "blocked", "banned", "deactivated", "ldap_blocked")
VISIBILITIES = ("private", "internal", "public")
CODE = ("enabled", "enabled", "private", "disabled")


class GitLabChanges(Changes):
    """Below one top group."""

    KINDS = (
        *("join", "join", "leave", "change_role", "change_state", "invite", "uninvite", "delete_person"),
        *("add_group", "rename_group", "delete_group"),
        *("add_project", "change_visibility", "change_code_access", "archive", "rename", "move", "delete_project"),
    )

    def begin(self) -> None:
        self.add_project()
        for project in self.projects:
            self.fake.commit(project, manifest(project.path))

    @property
    def fake(self) -> FakeGitLab:
        assert isinstance(self.hosted.fake, FakeGitLab)
        return self.hosted.fake

    @property
    def groups(self) -> list[Group]:
        root = self.fake.state.groups[int(self.hosted.root_id)]
        return [root, *self.fake.state.descendants(root.id)]

    @property
    def projects(self) -> list[Project]:
        homes = {group.id for group in self.groups}
        return [each for each in self.fake.state.projects.values() if each.group_id in homes]

    @property
    def places(self) -> list[Group | Project]:
        return [*self.groups, *self.projects]

    @property
    def people(self) -> list[User]:
        """All but the owner of the credential and bots."""
        users = self.fake.state.users.values()
        return [each for each in users if not each.bot and each.username not in {"owner", "stranger"}]

    def readers(self) -> dict[str, set[str]]:
        """Here public is for those who are not known to be external, and who leads by the root reads everything."""
        today, leaders, people = self.fake.clock.today(), self._leaders(), self._people()
        found = {}
        for project in self.projects:
            as_here = replace(project, visibility="internal") if project.visibility == "public" else project
            allowed = readers(self.fake.state, as_here, today) & people
            found[str(project.id)] = {str(user) for user in allowed | leaders}
        return found

    def _usable(self, place: Group | Project) -> list[Effective]:
        state, today = self.fake.state, self.fake.clock.today()
        people = [user for user in state.users.values() if user.state == "active" and not user.bot]
        found = (usable_member(state, place.source, user.id, today) for user in people)
        return [each for each in found if each is not None and each.level >= Level.GUEST]

    def _leaders(self) -> set[int]:
        return {each.user_id for each in self._usable(self.groups[0]) if each.level >= Level.MAINTAINER}

    def _people(self) -> set[int]:
        """Who is in one of the groups, or was let into the code of a project."""
        found = {each.user_id for group in self.groups for each in self._usable(group)}
        for project in self.projects:
            is_for_guests = project.repository_access_level == "private" and project.visibility != "private"
            if project.repository_access_level != "disabled":
                found |= {each.user_id for each in self._usable(project) if each.reads_code or is_for_guests}
        return found

    def join(self) -> None:
        for place in self.one(self.places):
            inside = self.fake.state.members_of.get(place.source, {})
            for person in self.one(each for each in self.people if each.id not in inside):
                days = self.dice.choice((None, None, None, 5))
                expires_on = None if days is None else self.fake.clock.today() + timedelta(days=days)
                self.fake.add_member(place, person, self.dice.choice(LEVELS), expires_on=expires_on)

    def leave(self) -> None:
        for place, person in self.one(self._memberships()):
            self.fake.remove_member(place, person)

    def change_role(self) -> None:
        for place, person in self.one(self._memberships()):
            self.fake.update_member(place, person, level=self.dice.choice(LEVELS))

    def _memberships(self) -> list[tuple[Group | Project, User]]:
        inside = self.fake.state.members_of
        return [
            (place, each) for place in self.places for each in self.people if each.id in inside.get(place.source, {})
        ]

    def change_state(self) -> None:
        for person in self.one(self.people):
            self.fake.set_user_state(person, self.dice.choice(STATES))

    def delete_person(self) -> None:
        for person in self.one(self.people[3:]):
            self.fake.delete_user(person)

    def invite(self) -> None:
        for place in self.one(self.places):
            for group in self.one(each for each in self.fake.state.groups.values() if each is not place):
                self.fake.share(place, group, self.dice.choice(LEVELS[:3]))

    def uninvite(self) -> None:
        shares = self.fake.state.shares_of
        shared = [(place, key) for place in self.places for key in shares.get(place.source, {})]
        for place, group_id in self.one(shared):
            self.fake.unshare(place, self.fake.state.groups[group_id])

    def add_group(self) -> None:
        for parent in self.one(self.groups):
            group = self.fake.add_group(self.new_name("group"), parent=parent)
            for person in self.one(self.people):
                self.fake.add_member(group, person, self.dice.choice(LEVELS))

    def rename_group(self) -> None:
        for group in self.one(self.groups):
            self.fake.rename_group(group, self.new_name("path"))

    def delete_group(self) -> None:
        for group in self.one(self.groups[1:]):
            self.fake.delete_group(group)

    def add_project(self) -> None:
        for group in self.one(self.groups):
            project = self.fake.add_project(group, self.new_name("library"))
            self.fake.commit(project, manifest(project.path))
            self.fake.update_project(project, visibility=self.dice.choice(VISIBILITIES))

    def change_visibility(self) -> None:
        for project in self.one(self.projects):
            self.fake.update_project(project, visibility=self.dice.choice(VISIBILITIES))

    def change_code_access(self) -> None:
        for project in self.one(self.projects):
            self.fake.update_project(project, repository_access_level=self.dice.choice(CODE))

    def archive(self) -> None:
        for project in self.one(self.projects):
            self.fake.update_project(project, archived=not project.archived)

    def rename(self) -> None:
        for project in self.one(self.projects):
            self.fake.move_project(project, path=self.new_name("library"))

    def move(self) -> None:
        """To another group of the company, out of it, or back."""
        state = self.fake.state
        for project in self.one(state.projects.values()):
            for group in self.one(state.groups.values()):
                self.fake.move_project(project, group=group)

    def delete_project(self) -> None:
        for project in self.one(self.projects[1:]):
            self.fake.delete_project(project)
