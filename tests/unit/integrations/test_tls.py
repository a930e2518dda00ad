"""TLS against servers whose certificates are made here: trusted, unknown, expired, for another name, not TLS at all."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import Settings
from integrations.addresses import OutboundPolicy
from integrations.errors import ConnectionFailed, Diagnosis, Stage
from integrations.http import HttpClient
from integrations.service import read_trust_store
from integrations.tls import diagnose_tls, presented_chain, trust_context
from tests.unit.integrations.clients import Naps, loopback_policy
from tests.unit.integrations.scripted_server import ScriptedServer, answer, reset, scripted_server

HOST = "git.example.test"
NOW = datetime.now(UTC)
Key = ec.EllipticCurvePrivateKey


class Authority:
    """A certificate authority that lives as long as a test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Test Authority")
        self._certificate = (
            _builder(name, name, self._key, NOW - timedelta(days=30), NOW + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def file(self) -> Path:
        path = self._folder / "authority.pem"
        path.write_text(self.pem)
        return path

    def context(self, host: str, *, starts: int = -1, ends: int = 1) -> ssl.SSLContext:
        """A server's TLS settings with a certificate for the host, valid between these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(
            _name(host), self._certificate.subject, key, NOW + timedelta(days=starts), NOW + timedelta(days=ends)
        )
        certificate = (
            builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        chain = self._folder / f"{host}-{starts}-{ends}.pem"
        chain.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
            + self._certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(starts).not_valid_after(ends)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def client_for(
    server: ScriptedServer,
    *,
    host: str = HOST,
    ca_file: Path | None = None,
    ca_pem: str = "",
    naps: Naps | None = None,
) -> Iterator[HttpClient]:
    allowed = loopback_policy(server.port, host)
    with HttpClient(
        f"https://{host}:{server.port}",
        policy=OutboundPolicy(allow=allowed.allow, ca_file=ca_file),
        ca_pem=ca_pem,
        timing=(naps or Naps()).timing(),
        resolver=lambda _host, _port: ["127.0.0.1"],
    ) as client:
        yield client


def diagnosis_of(client: HttpClient) -> Diagnosis:
    with pytest.raises(ConnectionFailed) as caught:
        client.get_json("/x")
    assert caught.value.diagnosis.stage is Stage.TLS
    return caught.value.diagnosis


def test_a_company_authority_is_trusted_from_the_file_or_from_the_integration(authority: Authority) -> None:
    with scripted_server(answer('{"a": 1}'), context=authority.context(HOST)) as server:
        with client_for(server, ca_file=authority.file) as client:
            assert client.get_json("/x") == {"a": 1}
        with client_for(server, ca_pem=authority.pem) as client:
            assert client.get_json("/x") == {"a": 1}


def test_an_unknown_authority_is_refused_with_the_chain_that_was_presented(authority: Authority) -> None:
    with scripted_server(answer(), context=authority.context(HOST)) as server, client_for(server) as client:
        diagnosis = diagnosis_of(client)

        assert server.requests == []
    assert "CA certificate" in diagnosis.fix
    lines = diagnosis.detail.splitlines()
    assert len(lines) == 2
    assert f"subject CN={HOST}; issuer CN=Test Authority; valid {NOW - timedelta(days=1):%Y-%m-%d}" in lines[0]
    assert "subject CN=Test Authority" in lines[1]
    assert lines[0].rpartition("SHA-256 ")[2].count(":") == 31


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    context = authority.context("other.example.test")
    with scripted_server(answer(), context=context) as server, client_for(server, ca_pem=authority.pem) as client:
        diagnosis = diagnosis_of(client)

        assert server.requests == []
    assert "another name" in diagnosis.fix
    assert "CN=other.example.test" in diagnosis.detail


def test_a_certificate_without_the_address_is_refused(authority: Authority) -> None:
    context = authority.context(HOST)
    with (
        scripted_server(answer(), context=context) as server,
        client_for(server, host="127.0.0.1", ca_pem=authority.pem) as client,
    ):
        assert "host's name" in diagnosis_of(client).fix


def test_a_bad_certificate_is_not_tried_again(authority: Authority) -> None:
    naps = Naps()
    with scripted_server(answer(), context=authority.context(HOST)) as server, client_for(server, naps=naps) as client:
        diagnosis_of(client)

    assert naps.taken == []


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    context = authority.context(HOST, starts=-20, ends=-10)
    with scripted_server(answer(), context=context) as server, client_for(server, ca_pem=authority.pem) as client:
        assert "has expired" in diagnosis_of(client).fix


def test_a_certificate_of_the_future_points_at_the_clocks(authority: Authority) -> None:
    context = authority.context(HOST, starts=10, ends=20)
    with scripted_server(answer(), context=context) as server, client_for(server, ca_pem=authority.pem) as client:
        assert "clocks" in diagnosis_of(client).fix


def test_a_port_without_tls_is_named() -> None:
    with scripted_server(answer(status="400 Bad Request"), greets=True) as server, client_for(server) as client:
        assert "does not speak TLS" in diagnosis_of(client).problem


def test_a_server_that_only_speaks_old_tls_is_named() -> None:
    error = ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version")
    error.reason = "TLSV1_ALERT_PROTOCOL_VERSION"

    assert "TLS 1.2" in diagnose_tls(error, host=HOST, peer=None).fix


def test_a_handshake_that_breaks_is_named(authority: Authority) -> None:
    diagnosis = diagnose_tls(ConnectionResetError("reset"), host=HOST, peer=None)

    assert diagnosis.problem == f"The TLS handshake with {HOST} failed."
    assert diagnosis.detail == "reset"


def test_no_chain_can_be_shown_of_a_server_that_went_away() -> None:
    with scripted_server(reset, greets=True) as server:
        assert presented_chain(HOST, ("127.0.0.1", server.port)) == ()


def test_old_tls_is_not_offered() -> None:
    context = trust_context()

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("pem", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_can_not_be_read_is_an_error(pem: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PEM"):
        trust_context(ca_pem=pem)
    (tmp_path / "ca.pem").write_text(pem)
    with pytest.raises(ValueError, match="PEM"):
        trust_context(ca_file=tmp_path / "ca.pem")


def test_the_trust_store_is_read_once_for_all_forked_processes(settings: Settings) -> None:
    trust_context.cache_clear()

    read_trust_store(settings)

    trust_context(ca_file=settings.outbound_ca_file)
    assert (trust_context.cache_info().misses, trust_context.cache_info().hits) == (1, 1)


def test_a_trust_store_that_can_not_be_read_stops_no_worker(settings: Settings, tmp_path: Path) -> None:
    read_trust_store(replace(settings, outbound_ca_file=tmp_path / "absent.pem"))
