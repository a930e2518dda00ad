"""docker/ without a container engine: the image's rules, the compose file's names, nginx's opinion."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.places import ROOT

DOCKER = ROOT / "docker"
QUEUES = ("interactive", "sync", "packages")


def read_dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def read_services() -> dict[str, Any]:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert isinstance(services, dict)
    return services


def test_the_base_image_is_pinned_and_the_same_in_all_stages() -> None:
    bases = re.findall(r"^FROM (\S+)", read_dockerfile(), re.MULTILINE)

    assert len(set(bases)) == 1
    assert re.search(r":\S*\d{8}", bases[0])


def test_the_image_runs_as_a_numbered_user_and_checks_its_health() -> None:
    dockerfile = read_dockerfile()

    assert re.search(r"^USER \d+:\d+$", dockerfile, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*CMD \[", dockerfile, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["docker/entrypoint"\]$', dockerfile, re.MULTILINE)


def test_the_image_downloads_nothing_but_packages_with_hashes() -> None:
    dockerfile = read_dockerfile()

    assert not re.search(r"^ADD |curl |wget ", dockerfile, re.MULTILINE)
    assert all("--require-hashes" in line for line in dockerfile.splitlines() if "pip install" in line)


def test_everything_that_the_application_needs_is_copied_into_the_image() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}

    assert packages | {"migrations", "static", "templates", "wsgi.py", "worker.py", "cli.py"} <= kept
    assert "tests" not in kept


def test_every_queue_has_a_worker_of_its_own() -> None:
    commands = [service.get("command") for service in read_services().values()]

    assert all(["worker", queue] in commands for queue in QUEUES)
    assert {"web", "ticker", "migrate"} <= {command[0] for command in commands if command}


def test_our_containers_write_nowhere_but_to_their_volumes() -> None:
    ours = [service for service in read_services().values() if service.get("image") == "repertory"]

    assert len(ours) == 6
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]


def test_the_compose_file_sets_only_settings_that_exist() -> None:
    known = (ROOT / "config" / "settings.py").read_text(encoding="utf-8")

    for name in read_services()["web"]["environment"]:
        assert f'"{name}"' in known


def test_every_image_of_others_names_its_version() -> None:
    images = {service["image"] for service in read_services().values()} - {"repertory"}

    assert len(images) == 3
    assert all(re.search(r":\d", image) for image in images)


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    text = (DOCKER / "nginx.conf").read_text(encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(text.replace("/tmp/", f"{tmp_path}/"), encoding="utf-8")  # it makes folders
    make_certificate(tmp_path / "certs")
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin") or "nginx"

    result = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "test is successful" in result.stderr
    # nginx 1.25 got another way to say http2, which Debian 12's 1.22 does not know; both understand ours.
    warnings = [line for line in result.stderr.splitlines() if "[warn]" in line and "http2" not in line]
    assert warnings == []


def make_certificate(folder: Path) -> None:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "packages.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "tls.key").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
