"""Parts that were read before a rate limit come back as they were."""

import json
from datetime import date

import pytest

from integrations.codehost import AccountState, RemoteAccount, RemoteMember
from models import ManifestState
from sync.snapshot import Manifest
from sync.staging import manifest_from_json, manifest_to_json, members_from_json, members_to_json
from tests.unit.sync.remote import AUDITOR, OWNER, member


def test_members_come_back_as_they_were() -> None:
    full = RemoteAccount("7", "ann", "Ann", AccountState.BLOCKED, True, False, "https://a.test/7", "https://u.test/ann")
    members = (
        RemoteMember(full, AUDITOR, date(2027, 1, 2), is_awaiting=True),
        member("bob", OWNER),
    )

    assert members_from_json(json.loads(json.dumps(members_to_json(members)))) == members
    assert members_from_json(members_to_json(())) == ()


@pytest.mark.parametrize("manifest", [Manifest(ManifestState.PRESENT, "acme/a"), Manifest(ManifestState.ABSENT)])
def test_manifests_come_back_as_they_were(manifest: Manifest) -> None:
    assert manifest_from_json(json.loads(json.dumps(manifest_to_json(manifest)))) == manifest
