"""Many rows at once: what is stored is what one row at a time would have stored, on both databases."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models import AuditRecord, Identity, IdentityState, Membership, MembershipSource, Runtime, Team
from models.bulk import FEW, insert_rows
from tests.functional.rows import add_integration, add_organization

MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
COUNTS = (1, FEW + 1)


def people(count: int) -> list[dict[str, Any]]:
    return [
        {
            "integration_id": 1,
            "remote_id": str(number),
            "login": f"Käthe\t\\N{number}\n",
            "state": IdentityState.BLOCKED,
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("count", COUNTS)
def test_texts_choices_times_and_defaults_are_stored_as_they_are(runtime: Runtime, count: int) -> None:
    with runtime.database.write() as session:
        add_integration(session, runtime.secret_box)
        team: Team = add_organization(session).teams[0]
        insert_rows(session.connection(), Identity, people(count))
        same = {"team_id": team.id, "source": MembershipSource.INHERITED, "expires_on": date(2027, 1, 2)}
        ids = session.scalars(select(Identity.id).order_by(Identity.id)).all()
        rows = [{**same, "identity_id": row_id, "created_at": MOMENT} for row_id in ids]
        insert_rows(session.connection(), Membership, rows)
        insert_rows(session.connection(), Membership, [])
        record = {"at": MOMENT, "actor": "ü", "action": "x", "target": "", "details": {"people": ["@ü", None]}}
        insert_rows(session.connection(), AuditRecord, [record] * count)

    with runtime.database.read() as session:
        first = session.scalars(select(Identity).order_by(Identity.id)).first()
        memberships = session.scalars(select(Membership)).all()
        records = session.scalars(select(AuditRecord)).all()
    assert first is not None
    assert (first.login, first.state, first.display_name) == ("Käthe\t\\N0\n", IdentityState.BLOCKED, "")
    assert len(memberships) == len(records) == count
    assert (memberships[0].source, memberships[0].expires_on) == (MembershipSource.INHERITED, date(2027, 1, 2))
    assert (memberships[0].created_at, memberships[0].user_id) == (MOMENT, None)
    assert (records[0].details, records[0].ip_address, records[0].at) == ({"people": ["@ü", None]}, "", MOMENT)


@pytest.mark.parametrize("count", COUNTS)
def test_what_the_database_refuses_is_an_error_as_of_any_statement(runtime: Runtime, count: int) -> None:
    with runtime.database.write() as session:
        add_integration(session, runtime.secret_box)
        insert_rows(session.connection(), Identity, people(count))

    with pytest.raises(IntegrityError), runtime.database.write() as session:
        insert_rows(session.connection(), Identity, people(count))

    with runtime.database.read() as session:
        assert len(session.scalars(select(Identity.id)).all()) == count
