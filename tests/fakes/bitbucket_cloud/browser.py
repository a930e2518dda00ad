"""Who visits Bitbucket's pages."""

from dataclasses import dataclass

from werkzeug import Request

from tests.fakes.parts.browser import BaseVisit, find_session

from .model import Account
from .server_core import Core


@dataclass(slots=True)
class Visit(BaseVisit[Core]):
    """One browser request."""

    brand = "Bitbucket"
    cookie = "cloud.session.token"

    @property
    def account(self) -> Account | None:
        rows = self.core.state.accounts.values()
        return next((each for each in rows if each.number == self.session.user_id and each.is_active), None)

    @property
    def signed_in(self) -> str:
        return "" if self.account is None else self.account.display_name


def visit(core: Core, request: Request) -> Visit:
    return Visit(core, request, *find_session(core.state.sessions, request, Visit.cookie))
