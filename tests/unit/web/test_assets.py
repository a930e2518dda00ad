"""Style sheets and scripts come from the installation itself and may be kept."""

import gzip

import pytest
from flask.testing import FlaskClient

from web.assets import asset_url, load_asset


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("bootstrap.min.css", "text/css; charset=utf-8"),
        ("theme.css", "text/css; charset=utf-8"),
        ("components.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_assets_are_served_with_their_type(bare_client: FlaskClient, name: str, content_type: str) -> None:
    response = bare_client.get(f"/static/{name}")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Cache-Control"] == "no-cache"


def test_an_address_with_the_version_may_be_kept_for_ever(bare_client: FlaskClient) -> None:
    with bare_client.application.test_request_context("/", base_url="http://localhost:8000"):
        url = asset_url("theme.css")

    assert bare_client.get(url).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert bare_client.get("/static/theme.css?v=old").headers["Cache-Control"] == "no-cache"


def test_assets_are_compressed_for_those_who_can_read_it(bare_client: FlaskClient) -> None:
    plain = bare_client.get("/static/theme.css")

    packed = bare_client.get("/static/theme.css", headers={"Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers


def test_an_unchanged_asset_is_not_sent_again(bare_client: FlaskClient) -> None:
    tag = bare_client.get("/static/app.js").headers["ETag"]

    response = bare_client.get("/static/app.js", headers={"If-None-Match": tag})

    assert response.status_code == 304
    assert response.data == b""


@pytest.mark.parametrize(
    "name", ["../wsgi.py", "../static", "..%2fpyproject.toml", "nothing.css", ".", "x/../../Makefile"]
)
def test_nothing_else_is_served(bare_client: FlaskClient, name: str) -> None:
    assert bare_client.get(f"/static/{name}").status_code in {404, 308}
    assert load_asset(name) is None


def test_a_page_refers_to_no_asset_that_does_not_exist(bare_client: FlaskClient) -> None:
    with bare_client.application.test_request_context("/"), pytest.raises(LookupError, match="no such asset"):
        asset_url("jquery.js")


def test_a_first_visit_transfers_less_than_150_kilobytes(bare_client: FlaskClient) -> None:
    names = ("bootstrap.min.css", "theme.css", "components.css", "app.js", "favicon.svg")

    sizes = [len(bare_client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"}).data) for name in names]

    assert sum(sizes) + len(bare_client.get("/page").data) < 150 * 1024
