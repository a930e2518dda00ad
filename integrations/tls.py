"""Whom we trust over TLS, and what to tell an administrator when that is not enough."""

import hashlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

from cryptography import x509

from integrations.errors import Diagnosis, Stage

HANDSHAKE_SECONDS = 5.0
_WITHOUT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_TOO_OLD = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE")
_ADVICE = (
    (
        "hostname mismatch",
        "The certificate is for another name: correct the base URL, or have the certificate reissued.",
    ),
    ("ip address mismatch", "The certificate is not for this address: use the host's name in the base URL."),
    ("has expired", "The certificate has expired: the host's administrator must renew it."),
    ("not yet valid", "The certificate is not valid yet: compare the clocks of both machines."),
)
_UNKNOWN_ISSUER = (
    "The certificate's issuer is not known here: paste your company's CA certificate (PEM) into the integration, "
    "or set OUTBOUND_CA_FILE. If an intermediate certificate is missing, the host must send it."
)


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """One certificate of the chain that a server sent."""

    subject: str
    issuer: str
    valid_from: str
    valid_until: str
    sha256: str

    def __str__(self) -> str:
        dates = f"{self.valid_from} to {self.valid_until}"
        return f"subject {self.subject}; issuer {self.issuer}; valid {dates}; SHA-256 {self.sha256}"


@lru_cache(maxsize=32)  # reading the system's store takes 20 ms
def trust_context(*, ca_file: Path | None = None, ca_pem: str = "") -> ssl.SSLContext:
    """TLS 1.2 or newer, always verified, against the system's store and the given certificates.

    Raises ValueError when one of them can not be read as PEM.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=str(ca_file))
        if ca_pem.strip():
            context.load_verify_locations(cadata=ca_pem)
    except (ssl.SSLError, OSError) as error:
        raise ValueError("the CA certificate can not be read: it must be in PEM form") from error
    return context


def diagnose_tls(error: Exception, *, host: str, peer: tuple[str, int] | None) -> Diagnosis:
    """Why the handshake failed, with the certificates that the server at `peer` presents."""
    text = str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or error)
    if any(word in text for word in _WITHOUT_TLS):
        return Diagnosis(Stage.TLS, f"{host} does not speak TLS on this port.", "Correct the port of the base URL.")
    if any(word in text for word in _TOO_OLD):
        return Diagnosis(
            Stage.TLS, f"{host} offers no TLS version from 1.2 on.", "The host must be configured for TLS 1.2 or newer."
        )
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Diagnosis(Stage.TLS, f"The TLS handshake with {host} failed.", "Try again; look at its log.", text)
    chain = presented_chain(host, peer) if peer else ()
    detail = "\n".join(str(certificate) for certificate in chain)
    return Diagnosis(Stage.TLS, f"The certificate of {host} is not accepted: {text}.", _advice(text), detail)


def presented_chain(host: str, peer: tuple[str, int]) -> tuple[PresentedCertificate, ...]:
    """The chain that the server sends, leaf first; empty when it can not be had. Nothing is sent but the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection(peer, timeout=HANDSHAKE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            return tuple(_describe(der) for der in _chain_in_der(connection))
    except (OSError, ValueError):
        return ()


def _chain_in_der(connection: ssl.SSLSocket) -> Sequence[bytes]:
    """Public since Python 3.13; before, the same call is on the inner object."""
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return cast("Sequence[bytes]", public())
    inner = getattr(connection, "_sslobj", None)
    chain = getattr(inner, "get_unverified_chain", None)
    if chain is not None:
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain()]
    leaf = connection.getpeercert(binary_form=True)
    return [leaf] if leaf else []


def _describe(der: bytes) -> PresentedCertificate:
    certificate = x509.load_der_x509_certificate(der)
    digest = hashlib.sha256(der).hexdigest().upper()
    return PresentedCertificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        valid_from=f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        valid_until=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        sha256=":".join(digest[start : start + 2] for start in range(0, len(digest), 2)),
    )


def _advice(text: str) -> str:
    return next((advice for words, advice in _ADVICE if words in text.lower()), _UNKNOWN_ISSUER)
