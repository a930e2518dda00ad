"""A stateful GitHub on loopback."""

from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.git_objects import File
from tests.fakes.parts.misbehaviour import Kind
from tests.fakes.parts.records import RequestRecord

from .deliveries import sign
from .fake import FakeGitHub
from .model import Organization, Repo, Team, User, Visibility

__all__ = [
    "DeliveryRecord",
    "FakeGitHub",
    "File",
    "Kind",
    "Organization",
    "Repo",
    "RequestRecord",
    "Team",
    "User",
    "Visibility",
    "sign",
]
