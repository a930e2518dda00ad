"""Who visits GitHub's pages."""

from dataclasses import dataclass

from werkzeug import Request

from tests.fakes.parts.browser import BaseVisit, find_session

from .model import User
from .server_core import Core


@dataclass(slots=True)
class Visit(BaseVisit[Core]):
    """One browser request."""

    brand = "GitHub"
    cookie = "_gh_sess"

    @property
    def user(self) -> User | None:
        user = self.core.state.users.get(self.session.user_id or 0)
        return user if user is not None and user.is_active else None

    @property
    def signed_in(self) -> str:
        return "" if self.user is None else f"{self.user.name} (@{self.user.login})"


def visit(core: Core, request: Request) -> Visit:
    return Visit(core, request, *find_session(core.state.sessions, request, Visit.cookie))
