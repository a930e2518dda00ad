"""The secret box: what is sealed stays where it belongs, and keys can be changed."""

import base64
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from config import Settings, SettingsError
from models import SecretBox, SecretUnreadable, digest_secret, load_secret_box
from models.secrets import KEY_FILE_NAME

KEY = Fernet.generate_key().decode()
BOX = SecretBox((KEY,))


def local_settings(folder: Path) -> Settings:
    return Settings.from_env({"REPERTORY_DATA_DIR": str(folder)})


@given(value=st.text())
def test_what_was_sealed_is_unsealed(value: str) -> None:
    assert BOX.unseal("integration:gitlab:client_secret", BOX.seal("integration:gitlab:client_secret", value)) == value


def test_a_sealed_value_does_not_show_what_it_holds() -> None:
    assert "hush" not in base64.urlsafe_b64decode(BOX.seal("place", "hush")).decode("latin-1")


def test_a_value_that_was_moved_to_another_place_is_refused() -> None:
    sealed = BOX.seal("integration:ours:client_secret", "hush")

    with pytest.raises(SecretUnreadable):
        BOX.unseal("integration:theirs:client_secret", sealed)


def test_a_value_with_any_byte_flipped_is_refused() -> None:
    sealed = base64.urlsafe_b64decode(BOX.seal("place", "hush"))

    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(SecretUnreadable):
            BOX.unseal("place", base64.urlsafe_b64encode(bytes(broken)).decode())


@pytest.mark.parametrize("text", ["", "plain text", "\u00e9"])
def test_what_was_never_sealed_is_refused(text: str) -> None:
    with pytest.raises(SecretUnreadable):
        BOX.unseal("place", text)


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    new_key = Fernet.generate_key().decode()
    old = BOX.seal("place", "hush")
    both = SecretBox((new_key, KEY))

    assert both.unseal("place", old) == "hush"
    assert SecretBox((new_key,)).unseal("place", both.seal("place", "hush")) == "hush"
    with pytest.raises(SecretUnreadable):
        SecretBox((new_key,)).unseal("place", old)


def test_derived_keys_differ_by_purpose_and_do_not_show_the_key() -> None:
    cookies, others = BOX.derive_keys("cookies"), BOX.derive_keys("others")

    assert len(cookies) == 1
    assert cookies != others
    assert KEY not in cookies[0]


def test_a_digest_is_stable_and_one_way() -> None:
    assert digest_secret("rptu_x") == digest_secret("rptu_x")
    assert digest_secret("rptu_x") != digest_secret("rptu_y")
    assert len(digest_secret("rptu_x")) == 64


def test_configured_keys_win_over_the_key_file(tmp_path: Path) -> None:
    box = load_secret_box(replace(local_settings(tmp_path), secrets_keys=(KEY,)))

    assert box.unseal("place", BOX.seal("place", "hush")) == "hush"
    assert not (tmp_path / KEY_FILE_NAME).exists()


def test_the_key_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "new")

    sealed = load_secret_box(settings).seal("place", "hush")

    assert load_secret_box(settings).unseal("place", sealed) == "hush"
    assert (settings.data_dir / KEY_FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == [KEY_FILE_NAME]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = local_settings(tmp_path)

    with multiprocessing.get_context("spawn").Pool(3) as pool:
        keys = set(pool.map(_derive, [settings] * 6))

    assert len(keys) == 1


def _derive(settings: Settings) -> str:
    return load_secret_box(settings).derive_keys("test")[0]


@pytest.mark.parametrize(("content", "words"), [("", "empty"), ("\n", "empty"), ("c2hvcnQ=", "not 32 bytes")])
def test_a_damaged_key_file_stops_the_start_with_a_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / KEY_FILE_NAME).write_text(content, encoding="ascii")

    with pytest.raises(SettingsError, match=words):
        load_secret_box(local_settings(tmp_path))
