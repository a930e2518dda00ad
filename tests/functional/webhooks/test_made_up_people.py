"""A hook that names people who do not exist costs a few looks at the host, however many it names."""

import json

from models import Identity
from sync.person_jobs import CROWD
from tests.functional.composer.registry import Registry
from tests.functional.webhooks.test_intake import deliver, install, waiting


def member_event(user_id: int) -> bytes:
    return json.dumps({"event_name": "user_add_to_group", "user_id": user_id, "group_id": 1}).encode()


def test_many_made_up_people_wait_as_few_jobs_and_become_nobody(registry: Registry) -> None:
    install(registry)
    with registry.runtime.database.read() as session:
        people = session.query(Identity).count()

    answers = {deliver(registry, member_event(10**6 + number)).status_code for number in range(CROWD + 5)}
    most = waiting(registry, "synchronize_person")
    registry.run_jobs()

    assert answers == {202}
    assert most == CROWD
    with registry.runtime.database.read() as session:
        assert session.query(Identity).count() == people


def test_an_account_that_no_column_holds_is_refused(registry: Registry) -> None:
    install(registry)

    answer = deliver(registry, member_event(10**4000))

    assert answer.status_code == 400
    assert waiting(registry, "synchronize_person") == 0
