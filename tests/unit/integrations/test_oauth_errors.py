"""Error codes of OAuth in words for an administrator."""

import pytest

from integrations.errors import Stage
from integrations.oauth_errors import diagnose_oauth_error


@pytest.mark.parametrize(
    ("code", "stage", "words"),
    [
        ("invalid_client", Stage.CREDENTIALS, "secret"),
        ("invalid_redirect_uri", Stage.CREDENTIALS, "callback URL"),
        ("redirect_uri_mismatch", Stage.CREDENTIALS, "callback URL"),
        ("incorrect_client_credentials", Stage.CREDENTIALS, "secret"),
        ("bad_verification_code", Stage.CREDENTIALS, "again"),
        ("unverified_user_email", Stage.CREDENTIALS, "verify the primary address"),
        ("application_suspended", Stage.CREDENTIALS, "ask the host"),
        ("signature_invalid", Stage.CREDENTIALS, "public key"),
        ("timestamp_refused", Stage.CREDENTIALS, "time server"),
        ("access_denied", Stage.CREDENTIALS, "Authorize"),
        ("invalid_grant", Stage.CREDENTIALS, "again"),
        ("invalid_scope", Stage.SCOPES, "Tick every scope"),
        ("insufficient_scope", Stage.SCOPES, "Tick every scope"),
        ("server_error", Stage.HTTP, "later"),
        ("temporarily_unavailable", Stage.HTTP, "minutes"),
        ("something_new", Stage.CREDENTIALS, "own message"),
    ],
)
def test_each_code_names_a_stage_and_a_fix(code: str, stage: Stage, words: str) -> None:
    diagnosis = diagnose_oauth_error(code, "as the host says")

    assert diagnosis.stage is stage
    assert words in diagnosis.fix
    assert diagnosis.detail == f"{code}: as the host says"


def test_a_code_without_description_is_the_detail() -> None:
    assert diagnose_oauth_error("access_denied").detail == "access_denied"
