"""What the story needs to know of each code host: how its pages are used there, and who works in its company."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from playwright.sync_api import Locator, Page

from tests.e2e.hands import Hand
from tests.fakes.parts.records import RequestRecord
from tests.fakes.parts.running import RunningFake

FakeT = TypeVar("FakeT", bound=RunningFake[Any])
KINDS = ("access_token", "refresh_token")


class Host(ABC, Generic[FakeT]):
    """A running fake with the small company `acme`, and words that its pages and ours have for it.

    In every company Ann owns acme, Bob and Carla write acme/logging, and Rosa administers the host if somebody does.
    """

    name: ClassVar[str]  # of the integration
    platform: ClassVar[str]  # as our form calls it
    choice: ClassVar[str]  # how acme is called where an organization is made
    agree: ClassVar[str]  # the button that lets an application in
    is_managed: bool = False  # applications are made by an administrator
    hook_secret: ClassVar[str] = "secret"
    fake: FakeT
    issued: list[str]  # the OAuth tokens that were given out

    def __init__(self, fake: FakeT) -> None:
        self.fake, self.issued = fake, []
        fake.observers.append(self._note_tokens)

    @property
    def slug(self) -> str:
        """What stands for the integration in addresses."""
        return self.name.lower().replace(" ", "-")

    @property
    def port(self) -> int:
        return self.fake.port

    @property
    def base_url(self) -> str:
        return self.fake.base_url

    @abstractmethod
    def application_address(self, guide: Locator) -> str:
        """Where the application is made, as the live box says."""

    @abstractmethod
    def make_application(self, tab: Page, hand: Hand, callback: str, scopes: list[str]) -> tuple[str, str]:
        """Type what the live box says, and read the ID and the secret."""

    @abstractmethod
    def hooks(self) -> Iterable[object]:
        """All webhooks that are installed there."""

    @abstractmethod
    def clone_address(self) -> str:
        """Of acme/logging, with a credential of Carla's in it."""

    @abstractmethod
    def dismiss_bob(self) -> None:
        """He leaves the company."""

    def hook_secrets(self) -> list[str]:
        """What the webhooks are signed with."""
        return [secret for hook in self.hooks() if (secret := str(getattr(hook, self.hook_secret)))]

    def with_login(self, name: str, password: str, path: str) -> str:
        """An address for git that says who it is."""
        scheme, _, place = self.base_url.partition("://")
        return f"{scheme}://{name}:{password}@{place}/{path}"

    def _note_tokens(self, record: RequestRecord) -> None:
        if b"access_token" in record.response_body:
            answer = json.loads(record.response_body)
            self.issued.extend(str(answer[kind]) for kind in KINDS if kind in answer)


def linked(guide: Locator, text: str) -> str:
    """The address of a link in the live box."""
    return guide.get_by_role("link", name=re.compile(text)).get_attribute("href") or ""
