"""Certificates and signing keys: who may talk to whom, and whose word a node takes.

Two authorities that never vouch for each other's side: the console's signs the console's client certificate, which is
all that a Management Interface lets in; the nodes' signs the nodes' server certificates, which is all that the console
talks to. So a node's certificate opens nothing on another node. NodeStates and tasks are signed apart from TLS with an
Ed25519 key of the console. TLS keys are ECDSA P-256.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lampas.errors import Denied, InvalidInput

_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True)
class Identity:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key pair, both halves PEM: `private` signs, `public` is given to those who verify."""

    private: bytes
    public: bytes


def make_authority(name: str, days: int = 3650) -> Identity:
    """A new certificate authority that may sign certificates for hosts and persons, but no further authority.

    Args:
        name: Its common name, as people see it.
        days: How long it is valid.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), _name(name), key.public_key(), days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Identity(_pem(builder.sign(key, hashes.SHA256())), _private_pem(key))


def issue(authority: Identity, name: str, *, server: bool, hosts: Sequence[str] = (), days: int = 3650) -> Identity:
    """A new certificate under an authority.

    Args:
        authority: Who signs it.
        name: Its common name: the node's name, or `console`.
        server: True for a server's certificate, False for a client's; never both.
        hosts: DNS names and addresses that a server answers to; its name is always among them.
        days: How long it is valid.

    Raises:
        InvalidInput: The authority cannot be read.
    """
    issuer, issuer_key = _authority(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), issuer.subject, key.public_key(), days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    names = [_general_name(host) for host in dict.fromkeys([name, *hosts])]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Identity(_pem(builder.sign(issuer_key, hashes.SHA256())), _private_pem(key))


def make_signing_key() -> SigningKey:
    """A new Ed25519 key pair for NodeStates and tasks."""
    key = ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(_private_pem(key), public)


def sign(private: bytes, data: bytes) -> str:
    """Signs bytes, as the header `Lampas-Signature` carries it.

    Args:
        private: The PEM of `SigningKey.private`.
        data: What is signed.

    Returns:
        The signature in base64.

    Raises:
        InvalidInput: The key is not one.
    """
    try:
        key = serialization.load_pem_private_key(private, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"the signing key cannot be read: {error}") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InvalidInput("the signing key is not an Ed25519 key")
    return base64.b64encode(key.sign(data)).decode()


def verify(public: bytes, data: bytes, signature: str) -> None:
    """Checks a signature that `sign` made.

    Raises:
        InvalidInput: The public key is not one.
        Denied: The signature is not that key's over these bytes.
    """
    try:
        key = serialization.load_pem_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"the public key cannot be read: {error}") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise InvalidInput("the public key is not an Ed25519 key")
    try:
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError) as error:
        raise Denied("the signature is not the console's") from error


def write_private(path: Path, data: bytes) -> None:
    """Writes a secret file, mode 0600, whole or not at all. The owner is whoever writes."""
    _write(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Writes a file that everybody may read, mode 0644, whole or not at all."""
    _write(path, data, 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _authority(authority: Identity) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate)
        key = serialization.load_pem_private_key(authority.key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"the certificate authority cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InvalidInput("the key of the certificate authority is not an elliptic-curve key")
    return certificate, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
