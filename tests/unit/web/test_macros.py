"""The parts of pages: what they show, and that hostile names stay text."""

from datetime import UTC, datetime

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from wtforms import BooleanField, Form, RadioField, SelectField, StringField, validators

from web.components import Change, ChangeGroup, Column, EmptyState
from web.layout import Link

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


@pytest.fixture
def app(bare_client: FlaskClient) -> Flask:
    return bare_client.application


def draw(app: Flask, file: str, call: str, **context: object) -> str:
    name = call.partition("(")[0].removeprefix("{% call ").strip()
    source = f'{{% from "_macros/{file}.html" import {name} %}}' + (
        call if call.startswith("{%") else f"{{{{ {call} }}}}"
    )
    with app.test_request_context("/", base_url="http://localhost:8000"):
        return render_template_string(source, **context)


@pytest.mark.parametrize(
    ("file", "call"),
    [
        ("page", "page_header(h, h, h, h, above=(h, h))"),
        ("page", "empty_state(h, h, h, h)"),
        ("page", "facts([(h, h)])"),
        ("page", "external(h, h)"),
        ("page", "{% call section(h, h) %}{{ h }}{% endcall %}"),
        ("page", "{% call live_region(h, h) %}{{ h }}{% endcall %}"),
        ("status", 'status("ok", h, h)'),
        ("status", "badge(h, h)"),
        ("status", "person(h, h, h)"),
        ("status", "meter(1, 2, h)"),
        ("copy", "copy_field(h, h, h, h)"),
        ("copy", "snippet(h, h, h)"),
        ("table", "{% call table_frame(h, columns, 1, 1) %}{{ h }}{% endcall %}"),
        ("table", "filter_text(h, h, h)"),
        ("table", "filter_choice(h, h, [(h, h)], h)"),
        ("messages", 'notice("warning", h, h)'),
        ("messages", "{% call danger_box(h, h) %}{{ h }}{% endcall %}"),
        ("messages", "confirm_by_name(h, h, h, h)"),
        ("navigation", "side_nav(h, links)"),
        ("navigation", "tabs(h, links)"),
        ("changes", "change_list(groups, h)"),
    ],
)
def test_hostile_words_stay_text(client: FlaskClient, file: str, call: str) -> None:
    page = draw(
        client.application,
        file,
        call,
        h=HOSTILE,
        columns=[HOSTILE, Column(HOSTILE, HOSTILE, "ascending")],
        links=[Link(HOSTILE, HOSTILE)],
        groups=[ChangeGroup(HOSTILE, [Change("+", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, is_person=True)])],
    )

    assert "<img" not in page
    assert "<script" not in page
    assert "alert(1)" in page


def test_an_address_of_another_scheme_is_not_linked(app: Flask) -> None:
    page = draw(app, "page", 'external("javascript:alert(1)", "homepage")')

    assert "<a" not in page
    assert "homepage" in page


def test_a_status_has_icon_word_and_time(app: Flask) -> None:
    page = draw(app, "status", 'status("paused", "Paused", "token revoked", at)', at=datetime(2020, 1, 1, tzinfo=UTC))

    assert "<svg" in page
    assert "Paused" in page
    assert "token revoked" in page
    assert 'datetime="2020-01-01T00:00:00+00:00" title="1 January 2020, 00:00 UTC" data-relative' in page


def test_a_time_that_never_was_says_so(app: Flask) -> None:
    assert "never" in draw(app, "status", "when(none)")


class Example(Form):  # type: ignore[misc]
    """One field of each kind."""

    note = StringField("Note")
    name = StringField("Name", [validators.DataRequired("Enter a name.")], description="Shown to people.")
    platform = SelectField("Platform", choices={"a": "A"})
    policy = RadioField("Policy", [validators.InputRequired("Choose one.")], choices={"m": "members", "e": "all"})
    is_trusting = BooleanField("Trust")


def test_a_field_is_tied_to_its_label_help_and_error(app: Flask) -> None:
    form = Example()
    form.validate()

    page = draw(app, "fields", "field(form.name, data_live='')", form=form)

    assert '<label class="form-label" for="name">Name</label>' in page
    assert 'aria-describedby="name-error name-help"' in page
    assert 'aria-invalid="true"' in page
    assert 'data-live=""' in page
    assert 'id="name-error"' in page
    assert "Enter a name." in page
    assert 'id="name-help">Shown to people.' in page


def test_what_need_not_be_filled_is_marked_optional(app: Flask) -> None:
    assert "optional" in draw(app, "fields", "field(form.note)", form=Example())
    assert "optional" not in draw(app, "fields", "field(form.name)", form=Example())
    assert "optional" not in draw(app, "fields", "field(form.note, required=true)", form=Example())


def test_a_choice_that_always_has_a_value_is_not_called_optional(app: Flask) -> None:
    assert "optional" not in draw(app, "fields", "field(form.platform)", form=Example())


def test_choices_are_a_group_with_a_legend(app: Flask) -> None:
    page = draw(app, "fields", "field(form.policy)", form=Example())

    assert '<legend class="form-label">Policy</legend>' in page
    assert page.count('type="radio"') == 2
    assert '<label class="form-check-label" for="policy-0">members</label>' in page


def test_a_check_box_stands_before_its_label(app: Flask) -> None:
    page = draw(app, "fields", "field(form.is_trusting)", form=Example())

    assert page.index('type="checkbox"') < page.index('for="is_trusting"')


def test_the_summary_links_to_the_first_control_of_each_field(app: Flask) -> None:
    form = Example(data={"platform": "a"})
    form.validate()

    page = draw(app, "fields", "error_summary(form)", form=form)

    assert 'role="alert"' in page
    assert '<a href="#name">Name</a>: Enter a name.' in page
    assert '<a href="#policy-0">Policy</a>: Choose one.' in page
    assert "these 2 fields" in page


@pytest.mark.parametrize(
    ("shown", "total", "words"),
    [(2, 1231, "2 of 1,231"), (0, 12, "12 are hidden by it"), (0, 0, "Create token")],
)
def test_a_table_says_how_much_it_shows(app: Flask, shown: int, total: int, words: str) -> None:
    empty = EmptyState("No tokens yet", "Composer needs one.", "/new", "Create token")

    page = draw(
        app,
        "table",
        f"{{% call table_frame('Tokens', ['Name'], {shown}, {total}, empty=empty) %}}{{% endcall %}}",
        empty=empty,
    )

    assert words in page


def test_a_sorted_column_says_so(app: Flask) -> None:
    columns = [Column("Name", "?sort=-name", "ascending"), Column("Versions", is_number=True), ""]

    page = draw(app, "table", "{% call table_frame('T', columns, 1, 1) %}{% endcall %}", columns=columns)

    assert 'aria-sort="ascending"' in page
    assert 'href="?sort=-name"' in page
    assert 'class="num"' in page
    assert "Actions" in page


def test_long_groups_of_changes_fold_after_ten(app: Flask) -> None:
    groups = [ChangeGroup("People", [Change("-", f"person {index}") for index in range(13)]), ChangeGroup("Teams", [])]

    page = draw(app, "changes", "change_list(groups, '−13 people')", groups=groups)

    assert "Show 3 more" in page
    assert page.count("<li") == 13
    assert "Teams" not in page
    assert 'aria-label="removed"' in page


def test_a_live_region_without_an_address_is_the_last(app: Flask) -> None:
    running = draw(app, "page", "{% call live_region('/run', 'run') %}x{% endcall %}")
    finished = draw(app, "page", "{% call live_region('', 'run') %}x{% endcall %}")

    assert 'data-poll-url="/run"' in running
    assert "data-poll" not in finished
