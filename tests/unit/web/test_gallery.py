"""Every part of a page, looked at by an accessibility checker in both themes, wide and narrow."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, flash, render_template_string
from playwright.sync_api import Browser
from wtforms import BooleanField, Form, PasswordField, RadioField, SelectField, StringField, TextAreaField, validators

from tests.unit.web.browser import opened_chromium, served_app
from web.components import Change, ChangeGroup, Column, EmptyState, Step, StepState
from web.layout import Account, Banner, Link, OrganizationLink, Work, WorkItem, layout_hooks
from web.paging import Page

GALLERY = Path(__file__).parent / "templates" / "gallery.html"
PAST = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
HOST = "https://gitlab.example/acme"
NARROW, WIDE = 320, 1280


class Example(Form):  # type: ignore[misc]
    """One field of each kind, refused."""

    name = StringField("Name", [validators.DataRequired("Enter a name.")], description="Shown on the login button.")
    platform = SelectField("Platform", choices={"gitlab": "GitLab.com"})
    policy = RadioField(
        "Who may log in", [validators.InputRequired("Choose one.")], choices={"m": "members", "e": "all"}
    )
    is_trusting = BooleanField("Trust e-mail addresses", description="Only where an administrator enters them.")
    client_secret = PasswordField("Client Secret", [validators.DataRequired("Enter the secret.")])
    certificate = TextAreaField("CA certificate")


def package(name: str, kind: str, word: str, detail: str = "") -> dict[str, object]:
    return {"name": name, "text": "", "version": "1.0.0", "kind": kind, "word": word, "detail": detail, "count": 1240}


def change(sign: str, name: str, *, reason_url: str = "") -> Change:
    return Change(
        sign, name, text="joins", reason="Developer in acme/backend", reason_url=reason_url, is_person=bool(reason_url)
    )


def gallery_context() -> dict[str, object]:
    form = Example()
    form.validate()
    return {
        "form": form,
        "past": PAST,
        "page": Page([], 2, 231),
        "columns": [Column("Name", "?sort=name", "ascending"), "Newest", "State", Column("Versions", is_number=True)],
        "packages": [package("acme/http-client", "ok", "Up to date"), package("acme/x" * 12, "error", "Failed", "why")],
        "empty": EmptyState("No tokens yet", "Composer needs one.", "/new", "Create token", icon="key"),
        "groups": [
            ChangeGroup("People", [change("+", f"Person {number}", reason_url=HOST) for number in range(12)]),
            ChangeGroup("Packages", [change("-", "acme/old"), change("~", "acme/renamed")]),
        ],
        "phases": [Step(state.value, state, "41 requests") for state in StepState],
        "side_links": [Link("Packages", "/packages", "package", is_active=True, count=231), Link("Log", "/log", "log")],
        "tab_links": [Link("General", "/general", is_active=True), Link("Tokens", "/tokens", count=2)],
    }


def furnish(app: Flask) -> None:
    hooks = layout_hooks(app)
    hooks.account = lambda: Account("Ann Meyer", "ann")
    hooks.organizations = lambda: [OrganizationLink("acme", "/gallery"), OrganizationLink("a-long-name" * 3, "/b")]
    hooks.search_url = lambda: "/search"
    hooks.work = lambda: Work((WorkItem("Synchronizing acme", "/run", "3 of 8 groups read", 3, 8),))
    hooks.menu.append(lambda: [Link("Profile", "/profile", "person")])
    hooks.banners.append(
        lambda: [Banner("setup", "Setup Mode.", (Link("Continue", "/setup"),)), Banner("error", "Held.")]
    )
    hooks.progress = lambda: [Step("System check", StepState.DONE, url="/check"), Step("Log in", StepState.CURRENT)]

    @app.get("/gallery")
    def gallery() -> str:
        flash("Integration created.", "success")
        app.jinja_env.globals["csrf_token"] = lambda: "token"  # this application has no table of sessions
        return render_template_string(GALLERY.read_text(encoding="utf-8"), **gallery_context())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with opened_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_app(tmp_path_factory.mktemp("gallery")) as (app, base_url):
        furnish(app)
        yield base_url


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_part_is_accessible_and_fits(chromium: Browser, address: str, theme: str, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)  # type: ignore[arg-type]
    page.goto(f"{address}/gallery")
    for menu in page.locator("details").all():
        menu.evaluate("element => { element.open = true; }")

    violations = Axe().run(page).response["violations"]

    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
