"""What Bitbucket means by its answers, and that nothing is believed of an answer for strangers."""

import json
from pathlib import Path

import pytest

from integrations.answers import Answer
from integrations.bitbucket_dc.errors import Caller, NoSuch, UnknownEndpoint
from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)

ERRORS = json.loads(Path("tests/data/bitbucket_dc/errors.json").read_text(encoding="utf-8"))
JSON = {"content-type": "application/json;charset=UTF-8"}


def answer(status: int, body: object = None, *, who: str = "ann", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    known = {"x-ausername": who} if who else {}
    return Answer("GET /rest", status, {**JSON, **known, **named}, json.dumps(body or {}).encode())


def recorded(name: str, *, who: str = "ann") -> Answer:
    row = ERRORS[name]
    return answer(row["status"], row["body"], who=who)


def error_of(given: Answer) -> CodeHostError:
    with pytest.raises(CodeHostError) as caught:
        Caller().check(given)
    return caught.value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("authentication_required", Unauthorized),
        ("incorrect_password", Unauthorized),
        ("not_licensed", Unauthorized),
        ("permission_missing", Forbidden),
        ("no_such_commit", NoSuch),
        ("no_such_project", NoSuch),
        ("no_such_repository", NoSuch),
        ("no_such_user", NoSuch),
        ("endpoint_unknown", UnknownEndpoint),
    ],
)
def test_each_recorded_error_has_its_meaning(name: str, kind: type[CodeHostError]) -> None:
    error = error_of(recorded(name))

    assert type(error) is kind
    assert str(ERRORS[name]["status"]) in str(error)


def test_a_missing_licence_is_said_in_the_hosts_words() -> None:
    body = {"errors": [{"message": "No licence.\nAsk for one.", "exceptionName": "x.NoAccessAuthenticationException"}]}

    assert str(error_of(answer(401, body, who=""))).endswith("401 No licence. Ask for one.")


def test_what_is_missing_is_named() -> None:
    error = error_of(recorded("no_such_repository"))

    assert isinstance(error, NoSuch)
    assert error.kind == "Repository"


@pytest.mark.parametrize("who", ["", "anonymous", "Anonymous"])
@pytest.mark.parametrize("given", ["success", "no_such_project", "permission_missing"])
def test_answers_for_strangers_are_never_believed(who: str, given: str) -> None:
    shown = answer(200, {"values": []}, who=who) if given == "success" else recorded(given, who=who)

    assert type(error_of(shown)) is Unauthorized


def test_a_page_in_place_of_an_answer_says_nothing_about_the_credential() -> None:
    error = error_of(answer(200, who="", content_type="text/html; charset=utf-8"))

    assert type(error) is UnexpectedResponse


def test_an_unknown_reason_for_401_says_nothing_about_the_credential() -> None:
    error = error_of(answer(401, {"errors": [{"message": "No", "exceptionName": "com.example.StrangeException"}]}))

    assert type(error) is UnexpectedResponse
    assert "StrangeException" in str(error)


def test_a_404_of_something_else_in_between_is_only_not_found() -> None:
    assert type(error_of(answer(404, {"message": "no such page"}, who=""))) is NotFound


def test_a_captcha_asks_for_a_login_by_hand() -> None:
    body = ERRORS["incorrect_password"]["body"]
    error = error_of(answer(401, body, x_authentication_denied_reason="CAPTCHA_CHALLENGE; login-url=x"))

    assert type(error) is Unauthorized
    assert "CAPTCHA" in str(error)


@pytest.mark.parametrize("problem", ["timestamp_refused", "nonce_used"])
def test_a_signature_that_was_refused_once_is_no_dead_credential(problem: str) -> None:
    error = error_of(answer(401, who="", www_authenticate=f'OAuth oauth_problem="{problem}"'))

    assert type(error) is Unavailable


def test_refused_input_is_quoted() -> None:
    error = error_of(answer(400, {"errors": [{"message": "The URL is not valid.", "context": "url"}]}))

    assert isinstance(error, Rejected)
    assert (error.status, error.reason) == (400, "The URL is not valid.")


def test_403_is_a_missing_permission() -> None:
    assert type(error_of(answer(403, {"errors": [{"message": "No"}]}))) is Forbidden


@pytest.mark.parametrize(
    "given",
    [
        answer(429, ERRORS["rate_limited"]["body"], who=""),
        answer(500, who=""),
        answer(307, who=""),
        answer(401, {"errors": []}, who=""),
        answer(401, {"errors": "none"}, who=""),
    ],
)
def test_what_the_status_alone_says_is_left_to_the_general_check(given: Answer) -> None:
    Caller().check(given)


def test_the_last_known_name_is_remembered() -> None:
    caller = Caller()

    caller.check(answer(200, who="ann"))
    caller.check(answer(500, who=""))

    assert caller.name == "ann"
