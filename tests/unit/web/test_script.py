"""app.js in a real browser: copying, live regions, the theme, the guide, forms that are sent once."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string, request
from playwright.sync_api import Browser, Page, expect

from tests.unit.web.application import PAGE
from tests.unit.web.browser import opened_chromium, served_app

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDGETS = """
{% extends "base.html" %}
{% from "_macros/copy.html" import copy_field %}
{% from "_macros/status.html" import when %}
{% block title %}Widgets{% endblock %}
{% block content %}
<h1>Widgets</h1>
{{ copy_field("callback", "Callback URL", "https://packages.example.com/oauth/gitlab/callback") }}
<div id="run" data-poll-url="/fragment/0" data-poll-seconds="0.05">waiting</div>
<form id="guided" data-live-form data-live-url="/guide" data-live-target="#guide">
  <label>Name <input name="name" data-live></label><label>Secret <input name="client_secret"></label>
  <label><input type="checkbox" name="uses" value="login" data-live> Log in</label><div id="guide">empty</div>
</form>
<form id="once" method="post" action="/sent"><button name="verb" value="create">Create</button></form>
<time id="moment" datetime="2020-01-01T00:00:00+00:00" data-relative>long ago</time>
{% endblock %}
"""


class Counter:
    """What the server was asked."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.guide: list[str] = []


@pytest.fixture(scope="module")
def counter() -> Counter:
    return Counter()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, counter: Counter) -> Iterator[str]:
    with served_app(tmp_path_factory.mktemp("script")) as (app, base_url):
        add_widgets(app, counter)
        yield base_url


def add_widgets(app: Flask, counter: Counter) -> None:
    @app.get("/widgets")
    def widgets() -> str:
        return render_template_string(WIDGETS)

    @app.get("/fragment/<int:number>")
    def fragment(number: int) -> str:
        if number >= 3:
            return '<div id="run"><p data-announce>Finished</p></div>'
        return f'<div id="run" data-poll-url="/fragment/{number + 1}" data-poll-seconds="0.05">step {number}</div>'

    @app.get("/guide")
    def guide() -> str:
        counter.guide.append(request.query_string.decode())
        return "<strong>for " + request.args.get("name", "") + "</strong>"

    @app.post("/sent")
    def sent() -> str:
        counter.sent.append(request.form.get("verb", ""))
        time.sleep(0.3)  # long enough to be clicked again
        return render_template_string(PAGE)

    app.before_request_funcs[None] = [
        function for function in app.before_request_funcs[None] if function.__name__ != "check_request"
    ]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=address, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/widgets")
    yield page
    context.close()
    assert problems == []


def test_a_value_is_copied_and_said_to_be(page: Page) -> None:
    expect(page.locator("#announcer")).to_have_text("Finished")  # the live region has had its say

    page.get_by_role("button", name="Copy Callback URL").click()

    expect(page.locator("[data-copy-text]")).to_have_text("Copied")
    expect(page.locator("#announcer")).to_have_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == "https://packages.example.com/oauth/gitlab/callback"


def test_a_live_region_is_replaced_until_it_is_finished(page: Page) -> None:
    expect(page.locator("#run")).to_have_text("Finished")
    expect(page.locator("#announcer")).to_have_text("Finished")
    assert page.locator("#run").get_attribute("data-poll-url") is None


def test_the_guide_follows_what_is_typed_and_never_sees_the_secret(page: Page, counter: Counter) -> None:
    page.get_by_label("Secret").fill("hush")
    page.get_by_label("Log in").check()
    page.get_by_label("Name").press_sequentially("GitLab", delay=5)

    expect(page.locator("#guide strong")).to_have_text("for GitLab")
    assert counter.guide[-1] == "name=GitLab&uses=login"
    assert not any("hush" in query for query in counter.guide)


def test_a_form_is_sent_once_however_often_it_is_clicked(page: Page, counter: Counter) -> None:
    page.evaluate("document.querySelectorAll('#once button').forEach(b => { b.click(); b.click(); b.click(); })")

    expect(page.locator("h1")).to_contain_text("Page")
    assert counter.sent == ["create"]

    page.go_back()
    expect(page.get_by_role("button", name="Create")).not_to_have_attribute("aria-disabled", "true")
    counter.sent.clear()


def test_the_theme_of_a_visitor_is_kept(page: Page) -> None:
    page.get_by_label("Theme", exact=True).first.click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_menus_close_with_escape_and_give_the_focus_back(page: Page) -> None:
    summary = page.locator(".menu-account > summary")
    summary.click()
    expect(page.locator(".menu-account")).to_have_attribute("open", "")

    page.get_by_role("button", name="Dark").focus()
    page.keyboard.press("Escape")

    expect(page.locator(".menu-account")).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_relative_times_follow_the_rule_of_the_server(chromium: Browser, address: str) -> None:
    page = chromium.new_page(base_url=address, bypass_csp=True)  # to call one function of the script by itself
    page.goto("/widgets")
    cases = page.evaluate(
        """async () => {
            const now = Date.now();
            const source = await (await fetch(document.querySelector("script[src*=app]").src)).text();
            const rule = new Function(source.match(/const UNITS[^]*?\\n}\\n/)[0] + "return relativeTime;")();
            return [0, 44, 45, 90, 3580, 7200, 85000, 259200, 2592000, 8640000, 31449600, 69120000, -300]
                .map(seconds => rule(now - seconds * 1000, now));
        }"""
    )
    page.close()

    assert cases == [
        "just now",
        "just now",
        "1 min ago",
        "2 min ago",
        "1 h ago",
        "2 h ago",
        "1 day ago",
        "3 days ago",
        "1 month ago",
        "3 months ago",
        "1 year ago",
        "2 years ago",
        "in 5 min",
    ]
