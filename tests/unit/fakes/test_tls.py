"""The fake over https, and hooks that it delivers over https."""

import datetime
import ipaddress
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.gitlab import FakeGitLab
from tests.unit.fakes.clients import build_acme


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake gitlab")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certfile, keyfile = tmp_path / "fake.crt", tmp_path / "fake.key"
    certfile.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    keyfile.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return str(certfile), str(keyfile)


def test_https_is_served_to_those_who_trust_the_certificate(certificate: tuple[str, str]) -> None:
    certfile, keyfile = certificate
    with FakeGitLab(certfile=certfile, keyfile=keyfile, prefix="/gitlab") as fake:
        build_acme(fake)

        trusted = requests.get(f"{fake.api_url}/version", verify=certfile, timeout=10)

        assert fake.base_url.startswith("https://")
        assert trusted.status_code == 401
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{fake.api_url}/version", timeout=10)
        cookie = requests.get(f"{fake.base_url}/users/sign_in", verify=certfile, timeout=10).headers["Set-Cookie"]
        assert "Secure" in cookie
        assert "Path=/gitlab" in cookie


@pytest.mark.parametrize(("is_trusted", "statuses"), [(True, [404]), (False, [None])])
def test_hooks_over_https_need_a_trusted_certificate(
    certificate: tuple[str, str], is_trusted: bool, statuses: list[int | None]
) -> None:
    certfile, keyfile = certificate
    ca_file = certfile if is_trusted else None
    with FakeGitLab(certfile=certfile, keyfile=keyfile) as receiver, FakeGitLab(hook_ca_file=ca_file) as fake:
        acme = build_acme(fake)
        headers = {"Authorization": f"Bearer {fake.personal_token(acme.owner)}"}
        body = {"url": f"{receiver.base_url}/nowhere", "tag_push_events": True}
        requests.post(f"{fake.api_url}/projects/1/hooks", json=body, headers=headers, timeout=10)

        fake.tag(acme.library, "v2")

        assert [each.status for each in fake.wait_for_deliveries()] == statuses
