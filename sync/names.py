"""Remote ids as people know them: logins, paths and roles. Pure."""

from sync.plan import Plan
from sync.state import State, TeamValue
from sync.wanted import GrantKey, TeamKey


class Names:
    """What is called how, before and after a plan."""

    def __init__(self, plan: Plan, state: State) -> None:
        self._people = {**state.identities, **plan.identities.add, **plan.identities.change}
        self._teams = {**state.teams, **plan.teams.add, **plan.teams.change}
        self._repositories = {**state.repositories, **plan.repositories.add, **plan.repositories.change}

    def person(self, account_id: str) -> str:
        """`@ann`."""
        person = self._people.get(account_id)
        return f"@{person.login}" if person else account_id

    def person_url(self, account_id: str) -> str:
        """The page of the account at the host."""
        person = self._people.get(account_id)
        return person.web_url if person else ""

    def team(self, key: TeamKey) -> str:
        """`acme/backend (Developer)`."""
        return team_label(self._teams[key])

    def team_url(self, key: TeamKey) -> str:
        """The page of the group at the host."""
        return self._teams[key].web_url

    def repository(self, repository_id: str) -> str:
        """The path at the host."""
        repository = self._repositories.get(repository_id)
        return repository.path if repository else repository_id

    def repository_url(self, repository_id: str) -> str:
        """The page of the repository at the host."""
        repository = self._repositories.get(repository_id)
        return repository.web_url if repository else ""

    def reader(self, key: GrantKey) -> str:
        """Whom a grant lets read."""
        if key.team is not None:
            return self.team(key.team)
        if key.account_id is not None:
            return self.person(key.account_id)
        return "everybody with an account there who is not external"


def team_label(team: TeamValue) -> str:
    """A team as it is shown: its path at the host and the role."""
    return f"{team.path} ({team.role_name})" if team.role_name else team.path
