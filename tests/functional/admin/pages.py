"""Reading our pages and filling the integration form in tests."""

import html
import re
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from models import Runtime
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person

TAG = re.compile(r"<[^>]+>")
SPACE = re.compile(r"\s+")


def text_of(answer: TestResponse | str) -> str:
    """What a reader sees, without tags, in one line."""
    source = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    return SPACE.sub(" ", html.unescape(TAG.sub(" ", source))).strip()


def field_error(answer: TestResponse, name: str) -> str:
    """The error at a field, "" when there is none."""
    found = re.search(rf'<p class="field-error" id="{name}-error">(.*?)</p>', answer.get_data(as_text=True), re.DOTALL)
    return text_of(found[1]) if found else ""


def field_value(answer: TestResponse, name: str) -> str:
    """The value of an input."""
    for tag in re.findall(r"<input[^>]*>", answer.get_data(as_text=True)):
        if f'name="{name}"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            return html.unescape(found[1]) if found else ""
    raise AssertionError(f"no input {name}")


def callback_shown(answer: TestResponse) -> str:
    """The callback URL in the guide."""
    for tag in re.findall(r"<input[^>]*>", answer.get_data(as_text=True)):
        if 'id="callback-url"' in tag:
            found = re.search(r'value="([^"]*)"', tag)
            assert found is not None
            return html.unescape(found[1])
    raise AssertionError("no callback URL is shown")


def examination_of(answer: TestResponse) -> str:
    """The words of the connection test."""
    found = re.search(r'<section[^>]*id="examination".*?</section>', answer.get_data(as_text=True), re.DOTALL)
    return text_of(found[0]) if found else ""


@dataclass
class IntegrationPage:
    """The form as a person fills it in."""

    person: Person
    runtime: Runtime
    gitlab: FakeGitLab

    def values(self, **changes: Any) -> dict[str, Any]:
        """A form that is right, with an application at the fake host, but for the changes."""
        slug = str(changes.get("slug", "gitlab"))
        filled: dict[str, Any] = {
            "name": "GitLab",
            "platform": "gitlab_self_managed",
            "shown_platform": "gitlab_self_managed",
            "base_url": self.gitlab.base_url,
            "uses": ["log_in", "synchronize", "install_webhooks"],
            "login_policy": "everyone",
            "api_timeout_seconds": "20",
            "ca_certificate": "",
            "slug": slug,
        }
        if "client_id" not in changes:
            made = self.gitlab.application(redirect_uri=f"{self.runtime.settings.base_url}/oauth/{slug}/callback")
            filled |= {"client_id": made.client_id, "client_secret": made.secret}
        return filled | changes

    def send(self, action: str = "create", **changes: Any) -> TestResponse:
        """Press one of the buttons."""
        return self.person.post("/admin/integrations/new", {**self.values(**changes), "action": action})

    def create(self, **changes: Any) -> None:
        """An integration that works."""
        answer = self.send(**changes)
        assert answer.status_code == 303, text_of(answer)
