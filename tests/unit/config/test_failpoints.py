"""Failpoints end a process only where a crash test names them."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.failpoints import failpoint

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("active", ["", "apply", "before_apply,after_commit"])
def test_nothing_happens_where_no_test_asked_for_it(active: str) -> None:
    failpoint(active, "before_commit")


def test_a_named_place_ends_the_process_as_a_power_cut_would() -> None:
    program = "from config.failpoints import failpoint; failpoint('apply,before_commit', 'before_commit'); print('on')"

    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (-9, b"")
