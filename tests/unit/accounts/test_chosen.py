"""Who is meant by the administrator that the installation names."""

import pytest

from accounts.claim import NotTheChosenAdministrator, check_chosen
from integrations.codehost import RemoteAccount
from models import Integration

UUID = "{35f4f60d-2941-5f29-bcff-62e51c272c68}"
GITLAB = Integration(platform="gitlab_self_managed", base_url="https://git.example.test:8443/gitlab")
BITBUCKET = Integration(platform="bitbucket", base_url="https://bitbucket.org")


def is_chosen(integration: Integration, chosen: str, account: RemoteAccount) -> bool:
    try:
        check_chosen(integration, account, chosen)
    except NotTheChosenAdministrator:
        return False
    return True


@pytest.mark.parametrize("chosen", ["", "git.example.test:ann", "GIT.example.test:7", "git.example.test:8443:ann"])
def test_the_account_is_named_by_login_or_id(chosen: str) -> None:
    assert is_chosen(GITLAB, chosen, RemoteAccount("7", "ann", "Ann"))


@pytest.mark.parametrize("chosen", ["git.example.test:bob", "git.example.test:8", "example.test:ann", "ann:7"])
def test_any_other_account_or_host_is_not_meant(chosen: str) -> None:
    assert not is_chosen(GITLAB, chosen, RemoteAccount("7", "ann", "Ann"))


def test_nobody_is_meant_who_calls_themselves_by_the_id_of_another() -> None:
    assert is_chosen(GITLAB, "git.example.test:7", RemoteAccount("7", "ann", "Ann"))
    assert not is_chosen(GITLAB, "git.example.test:7", RemoteAccount("8", "7", "Eve"))


def test_a_name_that_anybody_may_take_means_nobody() -> None:
    account = RemoteAccount(UUID, "ann", "Ann")

    assert is_chosen(BITBUCKET, f"bitbucket.org:{UUID}", account)
    assert not is_chosen(BITBUCKET, "bitbucket.org:ann", account)
