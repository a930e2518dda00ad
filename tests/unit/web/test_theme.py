"""The theme is chosen by a form that works without script."""

import re

from flask.testing import FlaskClient

from web.layout import layout_hooks


def choose(client: FlaskClient, **data: str) -> tuple[int, str | None, str]:
    found = re.search(r'value="([^"]+)"', client.get("/form").text)
    assert found is not None
    response = client.post("/profile/theme", data={"csrf_token": found[1], **data})
    return response.status_code, response.headers.get("Location"), " ".join(response.headers.getlist("Set-Cookie"))


def test_the_choice_is_kept_and_leads_back(client: FlaskClient) -> None:
    stored: list[str] = []
    layout_hooks(client.application).store_theme = stored.append

    status, location, cookie = choose(client, theme="dark", next="/page?a=1")

    assert (status, location) == (303, "/page?a=1")
    assert "rpt_theme=dark" in cookie
    assert stored == ["dark"]


def test_an_unknown_theme_follows_the_browser(client: FlaskClient) -> None:
    _, location, cookie = choose(client, theme="neon", next="//evil.example")

    assert location == "/"
    assert "rpt_theme=auto" in cookie
