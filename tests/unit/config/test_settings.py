"""Every setting: its default, what is accepted, and the one sentence that a wrong value is answered with."""

import base64
from pathlib import Path

import pytest

from config import Settings, SettingsError, SetupAccess

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(32)).decode()


def read(**environ: str) -> Settings:
    return Settings.from_env(environ)


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(**environ)
    return str(caught.value)


def test_without_any_setting_it_is_a_local_installation() -> None:
    settings = read()

    assert settings.base_url == "http://localhost:8000"
    assert settings.bind == "127.0.0.1:8000"
    assert settings.data_dir == Path("var").absolute()
    assert settings.database_url == f"sqlite:///{Path('var').absolute()}/repertory.sqlite3"
    assert (settings.redis_url, settings.secrets_keys, settings.setup_admin) == ("", (), "")
    assert (settings.setup_access, settings.auth_cache_seconds) == (SetupAccess.CODE, 5)
    assert (settings.outbound_allow, settings.outbound_ca_file, settings.outbound_proxy) == ((), None, "")
    assert (settings.trusted_proxy_hops, settings.log_level, settings.failpoints) == (0, "info", "")
    assert settings.is_loopback_base
    assert settings.is_loopback_bind
    assert not settings.is_https


def test_the_environment_is_read_when_nothing_else_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPERTORY_BIND", "127.0.0.1:9999")

    assert Settings.from_env().bind == "127.0.0.1:9999"


def test_all_settings_together(tmp_path: Path) -> None:
    certificates = tmp_path / "ca.pem"
    certificates.touch()

    settings = read(
        REPERTORY_BASE_URL="https://Packages.Example.com/",
        REPERTORY_BIND="0.0.0.0:80",
        REPERTORY_DATA_DIR=str(tmp_path),
        DATABASE_URL="postgresql://db/repertory",
        REDIS_URL="redis://:pass@redis/0",
        REPERTORY_SECRETS_KEYS=f"{KEY}, {OTHER_KEY}",
        REPERTORY_SETUP_ACCESS="open",
        REPERTORY_SETUP_ADMIN="gitlab.example.com:alice",
        REPERTORY_AUTH_CACHE_SECONDS="0",
        OUTBOUND_ALLOW="gitlab.internal, 127.0.0.1:8080,10.0.0.0/8,[::1]:9000",
        OUTBOUND_CA_FILE=str(certificates),
        OUTBOUND_PROXY="http://proxy:3128",
        REPERTORY_TRUSTED_PROXY_HOPS="1",
        REPERTORY_LOG_LEVEL="DEBUG",
    )

    assert settings.base_url == "https://packages.example.com"
    assert (settings.is_https, settings.is_loopback_base, settings.is_loopback_bind) == (True, False, False)
    assert settings.data_dir == tmp_path
    assert settings.secrets_keys == (KEY, OTHER_KEY)
    assert settings.setup_access is SetupAccess.OPEN
    assert settings.outbound_allow == ("gitlab.internal", "127.0.0.1:8080", "10.0.0.0/8", "[::1]:9000")
    assert settings.outbound_ca_file == certificates
    assert (settings.trusted_proxy_hops, settings.auth_cache_seconds, settings.log_level) == (1, 0, "debug")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = read(
        DATABASE_URL="postgresql://repertory:hush@db/repertory",
        REDIS_URL="redis://:hush@redis/0",
        REPERTORY_SECRETS_KEYS=KEY,
        OUTBOUND_PROXY="http://me:hush@proxy:3128",
    )

    assert "hush" not in repr(settings)
    assert KEY not in repr(settings)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    assert read(REPERTORY_BASE_URL=f"http://{host}:8000").is_loopback_base


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://packages.example.com", "unprotected"),
        ("http://127.0.0.example.com", "unprotected"),
        ("http://127.1.example.com", "unprotected"),
        ("http://192.168.0.7:8000", "unprotected"),
        ("packages.example.com", "not an address"),
        ("ftp://packages.example.com", "not an address"),
        ("https://", "not an address"),
        ("https://packages.example.com:0", "not an address"),
        ("https://me@packages.example.com", "not an address"),
        ("https://packages.example.com/composer", "a path is not supported"),
        ("https://packages.example.com?x", "leave out everything after"),
        ("https://packages.example.com#x", "leave out everything after"),
        ("https://packages.example.com:99999", "not an address"),
        ("https://[packages.example.com", "not an address"),
    ],
)
def test_a_base_url_that_would_not_work_is_explained(url: str, words: str) -> None:
    sentence = refusal(REPERTORY_BASE_URL=url)

    assert sentence.startswith("REPERTORY_BASE_URL is")
    assert words in sentence


@pytest.mark.parametrize("bind", ["8000", "localhost", ":8000", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000"])
def test_an_address_to_listen_on_needs_host_and_port(bind: str) -> None:
    assert refusal(REPERTORY_BIND=bind).startswith("REPERTORY_BIND is")


@pytest.mark.parametrize(("bind", "is_loopback"), [("[::1]:8000", True), ("0.0.0.0:8000", False), ("[::]:80", False)])
def test_listening_on_loopback_is_told_from_listening_on_the_network(bind: str, is_loopback: bool) -> None:
    assert read(REPERTORY_BIND=bind).is_loopback_bind is is_loopback


@pytest.mark.parametrize("text", ["-1", "301", "5s", "1.5", "٣"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    sentence = refusal(REPERTORY_AUTH_CACHE_SECONDS=text)

    assert sentence == f"REPERTORY_AUTH_CACHE_SECONDS is {text!r}: it must be a whole number from 0 to 300"


@pytest.mark.parametrize(
    "entry", ["https://gitlab.internal", "git lab", "gitlab:http", "*.internal", "10.0.0.1/8", "@"]
)
def test_an_outbound_entry_that_names_no_host_is_refused(entry: str) -> None:
    assert refusal(OUTBOUND_ALLOW=f"gitlab.internal,{entry}").startswith("OUTBOUND_ALLOW has the entry")


def test_keys_come_from_a_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{KEY}\n{OTHER_KEY}\n", encoding="ascii")

    assert read(REPERTORY_SECRETS_KEYS_FILE=str(file)).secrets_keys == (KEY, OTHER_KEY)


@pytest.mark.parametrize("content", ["", "\n", "not ascii \u00e9"])
def test_a_key_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content, encoding="utf-8")

    assert refusal(REPERTORY_SECRETS_KEYS_FILE=str(file)).startswith("REPERTORY_SECRETS_KEYS_FILE")


@pytest.mark.parametrize("key", ["short", KEY[:-1] + "!", base64.urlsafe_b64encode(bytes(16)).decode()])
def test_a_key_of_the_wrong_size_is_refused_without_being_shown(key: str) -> None:
    sentence = refusal(REPERTORY_SECRETS_KEYS=f"{KEY},{key}")

    assert "key number 2" in sentence
    assert key not in sentence


def test_keys_from_two_places_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(KEY, encoding="ascii")

    assert "both set" in refusal(REPERTORY_SECRETS_KEYS=KEY, REPERTORY_SECRETS_KEYS_FILE=str(file))


@pytest.mark.parametrize("name", ["OUTBOUND_CA_FILE", "REPERTORY_SECRETS_KEYS_FILE"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")

    assert refusal(**{name: missing}) == f"{name} is {missing!r}, which is not a file that this user can read"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REPERTORY_SETUP_ACCESS", "everybody"),
        ("REPERTORY_SETUP_ADMIN", "alice"),
        ("REPERTORY_SETUP_ADMIN", ":alice"),
        ("REPERTORY_SETUP_ADMIN", "gitlab.example.com:"),
        ("OUTBOUND_PROXY", "proxy:3128"),
        ("OUTBOUND_PROXY", "http://"),
        ("OUTBOUND_PROXY", "http://[proxy"),
        ("REPERTORY_LOG_LEVEL", "chatty"),
        ("REPERTORY_TRUSTED_PROXY_HOPS", "11"),
        ("DATABASE_URL", "mysql://db/repertory"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("REDIS_URL", "http://redis"),
    ],
)
def test_a_wrong_value_is_answered_with_the_name_of_the_setting(name: str, value: str) -> None:
    sentence = refusal(**{name: value})

    assert sentence.startswith(name)
    assert "\n" not in sentence
