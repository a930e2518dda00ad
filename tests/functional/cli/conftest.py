"""The command line on an instance of its own."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from models import Runtime
from models.start import prepare_instance
from tests.functional.cli.shell import Shell


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands set the logs of their process up; this process keeps its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configuration = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.fixture
def repertory(runtime: Runtime) -> Shell:
    """The command on the instance of `runtime`."""
    prepare_instance(runtime)
    return Shell(runtime)
