"""The client secret is typed once: it is kept for the next try, but never shown and never sent elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from admin.kept_secret import LIFETIME, NOTE, OTHER_NOTE
from models import Integration, Runtime, WebSession
from tests.functional.admin.pages import IntegrationPage, field_error, text_of


@pytest.fixture
def values(page: IntegrationPage) -> dict[str, Any]:
    """A right form after its connection was tested; the browser shows its secret as empty now."""
    filled = page.values()
    answer = page.person.post("/admin/integrations/new", {**filled, "action": "test"})
    assert NOTE in text_of(answer)
    return {**filled, "typed_before": filled["client_secret"], "client_secret": ""}


def create(page: IntegrationPage, values: dict[str, Any]) -> Any:
    return page.person.post("/admin/integrations/new", {**values, "action": "create"})


def test_a_tested_secret_need_not_be_typed_again(
    page: IntegrationPage, runtime: Runtime, values: dict[str, Any]
) -> None:
    assert create(page, values).status_code == 303

    with runtime.database.read() as session:
        stored = session.scalars(select(Integration)).one()
    assert stored.unseal_client_secret(runtime.secret_box) == values["typed_before"]


def test_a_kept_secret_is_neither_on_the_page_nor_readable_in_the_session(
    page: IntegrationPage, runtime: Runtime, values: dict[str, Any]
) -> None:
    answer = page.person.post("/admin/integrations/new", {**values, "action": "guide"})

    assert values["typed_before"] not in answer.get_data(as_text=True)
    with runtime.database.read() as session:
        contents = [str(row.content) for row in session.scalars(select(WebSession))]
    assert any("typed_client_secret" in content for content in contents)
    assert not any(values["typed_before"] in content for content in contents)


@pytest.mark.parametrize("change", [{"base_url": "http://127.0.0.1:9"}, {"client_id": "another"}])
def test_a_kept_secret_is_not_used_for_another_address_or_application(
    page: IntegrationPage, runtime: Runtime, values: dict[str, Any], change: dict[str, str]
) -> None:
    answer = create(page, {**values, **change})

    assert field_error(answer, "client_secret") == "Copy the secret from the application at the host."
    assert OTHER_NOTE in text_of(answer)
    with runtime.database.read() as session:
        assert session.scalars(select(Integration)).all() == []


def test_a_kept_secret_is_gone_after_ten_minutes(
    page: IntegrationPage, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime.now(UTC) + LIFETIME + timedelta(seconds=1)
    monkeypatch.setattr("admin.integration_views.utc_now", lambda: later)

    assert field_error(create(page, values), "client_secret") == "Copy the secret from the application at the host."


def test_a_wrong_secret_is_not_kept(page: IntegrationPage) -> None:
    wrong = page.values(client_secret="wrong")
    wrong["client_id"] = page.values()["client_id"]

    answer = page.person.post("/admin/integrations/new", {**wrong, "client_secret": "wrong", "action": "test"})

    assert field_error(answer, "client_secret")
    assert NOTE not in text_of(answer)
    assert "Copy the secret" in field_error(create(page, {**wrong, "client_secret": ""}), "client_secret")


def test_a_secret_is_not_kept_any_longer_once_it_is_stored(
    page: IntegrationPage, runtime: Runtime, values: dict[str, Any]
) -> None:
    create(page, values)

    with runtime.database.read() as session:
        contents = [str(row.content) for row in session.scalars(select(WebSession))]
    assert not any("typed_client_secret" in content for content in contents)
