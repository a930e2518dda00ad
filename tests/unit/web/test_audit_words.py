"""Every action that any part of the program records has words of its own."""

import ast
import re
from pathlib import Path

import pytest

from models import AuditRecord
from web.audit_lines import read_line
from web.audit_words import WORDINGS, Kind, actions_of

ROOT = Path(__file__).parents[3]
FOLDERS = ("accounts", "admin", "composer", "integrations", "organizations", "sync", "webhooks")
RECORDERS = re.compile(r"record_audit|AuditEntry|_audit\w*|_record\w*")
ACTION = re.compile(r"[a-z]+(?:_[a-z]+)+")


def recorded_actions() -> set[str]:
    """What is given as it stands to a function that records."""
    sources = [path.read_text(encoding="utf-8") for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    recording = [call for call in calls if isinstance(call.func, ast.Name) and RECORDERS.fullmatch(call.func.id)]
    given = [value for call in recording for value in (*call.args, *(keyword.value for keyword in call.keywords))]
    texts = [value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return {text for text in texts if ACTION.fullmatch(text)}


def test_every_recorded_action_has_a_sentence() -> None:
    found = recorded_actions()

    assert {"logged_in", "package_added", "token_revoked", "removals_held", "integration_deleted"} <= found
    assert found - set(WORDINGS) == set()


def test_every_kind_of_change_has_actions() -> None:
    assert all(actions_of(kind) for kind in Kind)


@pytest.mark.parametrize(
    ("actor", "action", "target", "details", "sentence"),
    [
        (
            "synchronization acme/php, run 12",
            "members_added",
            "acme (Guest)",
            {"people": ["@ann"]},
            "Run 12 of acme/php added 1 person to acme (Guest)",
        ),
        (
            "synchronization a, run 1, run 2",
            "admins_removed",
            "",
            {},
            "Run 2 of a, run 1 ended the admin role of no people",
        ),
        ("command line (root)", "setup_code_minted", "instance", {}, "Command line (root) made a new setup link"),
        (
            "synchronization a, run 1",
            "repository_appeared",
            "a/b",
            {"readers": ["a (Owner)", "a (Developer)"]},
            "Run 1 of a found the repository a/b, which 2 teams may read",
        ),
        (
            "synchronization a, run 1",
            "readers_added",
            "a/b",
            {"readers": ["@ann", "a (Owner)"]},
            "Run 1 of a let 2 teams and people read a/b",
        ),
        ("system", "credential_paused", "credential 3", {}, "Repertory stopped using the credential 3"),
        ("cron", "rocket_launched", "{count} & co", {}, "Cron rocket launched {count} & co"),
    ],
)
def test_records_are_read_as_sentences(
    actor: str, action: str, target: str, details: dict[str, object], sentence: str
) -> None:
    record = AuditRecord(actor=actor, action=action, target=target, details=details, ip_address="")

    assert read_line(record, {}).sentence == sentence
