"""What no database can store or compare is refused before any page sees it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from web.inputs import row_id


@pytest.mark.parametrize("path", ["/read?q=a%00", "/keep/%00", "/read?a=1&a=%00"])
def test_a_nul_character_is_refused(bare_client: FlaskClient, path: str) -> None:
    assert bare_client.get(path).status_code == 400


def test_programs_are_judged_by_their_own_views(app: Flask) -> None:
    assert app.test_client().get("/hooks/%00", base_url="http://localhost:8000").status_code == 404


@pytest.mark.parametrize("text", [str(2**63), "-1", "x", ""])
def test_a_number_that_no_row_can_have_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"row|int"):
        row_id(text)


def test_other_numbers_are_numbers() -> None:
    assert row_id("7") == 7
