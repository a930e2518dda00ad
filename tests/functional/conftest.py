"""What all functional tests share."""

import pytest


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tries at a host that is in trouble: how long the pauses are is shown by tests of the client."""
    monkeypatch.setattr("integrations.http.LONGEST_FIRST_PAUSE", 0.01)
