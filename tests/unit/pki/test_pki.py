"""Certificates and signatures, judged by OpenSSL's own verification."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from lampas import pki
from lampas.errors import Denied, InvalidInput


def handshake(tmp_path: Path, server: pki.Identity, client: pki.Identity, nodes: bytes, console: bytes) -> str:
    """A mutual TLS 1.3 handshake in memory; returns the common name that the server saw."""
    for name, data in {"s": server, "c": client}.items():
        (tmp_path / name).write_bytes(data.certificate + data.key)
    accepting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    accepting.load_cert_chain(tmp_path / "s")
    accepting.verify_mode = ssl.CERT_REQUIRED
    accepting.load_verify_locations(cadata=console.decode())
    asking = ssl.create_default_context(cadata=nodes.decode())
    asking.load_cert_chain(tmp_path / "c")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    left = asking.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    right = accepting.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (left, right):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    certificate = right.getpeercert()
    assert certificate
    return dict(pair[0] for pair in certificate["subject"])["commonName"]  # type: ignore[index, misc]


def test_the_console_and_a_node_know_each_other(tmp_path: Path) -> None:
    nodes, console = pki.make_authority("nodes"), pki.make_authority("console")
    server = pki.issue(nodes, "here", server=True, hosts=["127.0.0.1"])
    client = pki.issue(console, "console", server=False)
    assert handshake(tmp_path, server, client, nodes.certificate, console.certificate) == "console"


def test_a_certificate_of_a_node_opens_no_node(tmp_path: Path) -> None:
    nodes, console = pki.make_authority("nodes"), pki.make_authority("console")
    server = pki.issue(nodes, "here", server=True, hosts=["127.0.0.1"])
    for intruder in (server, pki.issue(nodes, "console", server=False), pki.issue(console, "console", server=True)):
        with pytest.raises(ssl.SSLError):
            handshake(tmp_path, server, intruder, nodes.certificate, console.certificate)


def test_a_signature_holds_for_its_bytes_and_its_key_alone() -> None:
    key, other = pki.make_signing_key(), pki.make_signing_key()
    signature = pki.sign(key.private, b"state")
    pki.verify(key.public, b"state", signature)
    for public, data, given in (
        (key.public, b"stat", signature),
        (other.public, b"state", signature),
        (key.public, b"state", ""),
        (key.public, b"state", "not base64!"),
        (key.public, b"state", "é"),
    ):
        with pytest.raises(Denied):
            pki.verify(public, data, given)


def test_a_key_of_another_kind_is_refused() -> None:
    authority = pki.make_authority("nodes")
    with pytest.raises(InvalidInput):
        pki.sign(authority.key, b"state")
    with pytest.raises(InvalidInput):
        pki.sign(b"no key", b"state")


def test_private_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    pki.write_private(tmp_path / "key", b"k")
    pki.write_public(tmp_path / "certificate", b"c")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "certificate").stat().st_mode & 0o777 == 0o644
    assert sorted(file.name for file in tmp_path.iterdir()) == ["certificate", "key"]
