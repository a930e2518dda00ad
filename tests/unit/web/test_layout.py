"""The frame shows what the packages above have hung on its hooks."""

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

import web
from models.runtime import Runtime
from tests.unit.web.application import PAGE
from web.components import Step, StepState
from web.layout import Account, Banner, LayoutHooks, Link, OrganizationLink, Work, WorkItem, layout_hooks


@pytest.fixture
def hooks(bare_client: FlaskClient) -> LayoutHooks:
    return layout_hooks(bare_client.application)


def test_a_visitor_sees_only_the_name_and_the_way_to_log_in(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    hooks.login_url = lambda: "/login"

    page = bare_client.get("/page").text

    assert "<title>Page · Repertory</title>" in page
    assert '<a class="btn btn-secondary btn-sm" href="/login">Log in</a>' in page
    assert "menu-organization" not in page
    assert "csrf_token" not in page
    assert 'class="side"' not in page


def test_a_person_sees_their_menus(client: FlaskClient) -> None:
    hooks = layout_hooks(client.application)
    hooks.instance_name = lambda: "Packages of Acme"
    hooks.account = lambda: Account("Ann Meyer", "ann", theme="dark")
    hooks.organizations = lambda: [OrganizationLink("acme", "/orgs/acme", is_current=True)]
    hooks.menu.append(lambda: [Link("Profile", "/profile", "person")])
    hooks.search_url = lambda: "/search"
    hooks.logout_url = lambda: "/logout"

    page = client.get("/page").text

    assert '<html lang="en" data-bs-theme="dark">' in page
    assert "<strong>Ann Meyer</strong>" in page
    assert 'href="/orgs/acme" aria-current="true"' in page
    assert 'href="/profile"' in page
    assert 'action="/search"' in page
    assert 'action="/logout"' in page
    assert 'action="/profile/theme"' in page
    assert "Packages of Acme</title>" in page


def test_banners_of_all_packages_are_shown(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    hooks.banners.append(lambda: [Banner("setup", "Setup Mode", (Link("Continue", "/setup"),))])
    hooks.banners.append(lambda: [Banner("warning", "18 removals are held")])

    page = bare_client.get("/page").text

    assert 'class="banner banner-setup"' in page
    assert '<a href="/setup">Continue</a>' in page
    assert "18 removals are held" in page


def test_background_work_is_counted_and_polled(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    items = (WorkItem("Synchronizing acme", "/run", "3 of 8 groups", 3, 8), WorkItem("Updating", "/u", "Fetching"))
    hooks.work = lambda: Work(items, poll_url="/work")

    page = bare_client.get("/page").text

    assert 'aria-label="2 running in the background"' in page
    assert 'data-poll-url="/work"' in page
    assert '<progress value="3" max="8"' in page


def test_the_wizard_is_drawn_above_the_page(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    hooks.progress = lambda: [
        Step("System check", StepState.DONE, url="/setup/check"),
        Step("Add integration", StepState.CURRENT),
        Step("Try the login", StepState.TODO),
    ]

    page = bare_client.get("/page").text

    assert page.count('aria-current="step"') == 1
    assert '<a class="step-label" href="/setup/check">System check</a>' in page


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto"), ("", "auto")]
)
def test_visitors_keep_their_theme_in_a_cookie(bare_client: FlaskClient, cookie: str, theme: str) -> None:
    bare_client.set_cookie("rpt_theme", cookie)

    assert f'data-bs-theme="{theme}"' in bare_client.get("/page").text


def test_hooks_are_asked_at_most_once_per_page(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    asked: list[str] = []

    def account() -> Account | None:
        asked.append("account")
        return None

    hooks.account = account
    bare_client.get("/page")

    assert asked == ["account"]


def test_navigation_of_an_organization_stands_beside_the_page_and_in_the_top_bar(bare_client: FlaskClient) -> None:
    source = (
        PAGE + '{% from "_macros/navigation.html" import side_nav %}'
        '{% block side %}{{ side_nav("acme", links) }}{% endblock %}'
    )
    links = [Link("Packages", "/orgs/acme/packages", "package", is_active=True, count=1231)]
    with bare_client.application.test_request_context("/", base_url="http://localhost:8000"):
        page = render_template_string(source, links=links)

    assert page.count('href="/orgs/acme/packages" aria-current="page"') == 2
    assert "1,231" in page


def test_an_application_with_its_own_static_folder_is_refused(bare_runtime: Runtime) -> None:
    with pytest.raises(ValueError, match="static_folder=None"):
        web.init_app(Flask("other"), bare_runtime)


def test_the_organization_that_is_looked_at_is_marked(bare_client: FlaskClient, hooks: LayoutHooks) -> None:
    hooks.organizations = lambda: [OrganizationLink("page", "/page"), OrganizationLink("pag", "/pag")]

    page = bare_client.get("/page").text

    assert page.count('aria-current="true"') == 1
    assert '<span class="menu-label">page</span>' in page
