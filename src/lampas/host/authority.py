"""The node's two certificate authorities, and what console and agent need to know each other by."""

from __future__ import annotations

from pathlib import Path

from lampas.host.layout import Layout
from lampas.host.users import own
from lampas.pki import Identity, issue, make_authority, make_signing_key, write_private, write_public
from lampas.vault import make_keys, make_node_key


def ensure(layout: Layout, node: str, console_user: str, agent_user: str) -> None:
    """Makes authorities, certificates and keys the first time; what is there stays.

    Args:
        layout: The home; its directories exist.
        node: The node's name, in its certificate.
        console_user: Who reads the console's keys.
        agent_user: Who reads the agent's key.
    """
    consoles = _authority(layout.pki, "console-ca", f"LAMPAS consoles of {node}")
    nodes = _authority(layout.pki, "nodes-ca", f"LAMPAS nodes of {node}")
    server, agent = layout.server, layout.agent_secrets
    if not (server / "client.key").exists():
        _identity(server, "client", issue(consoles, "console", server=False))
    if not (agent / "agent.key").exists():
        _identity(agent, "agent", issue(nodes, node, server=True, hosts=["localhost", "127.0.0.1"]))
    if not (server / "signing.key").exists() or not (agent / "console.pub").exists():
        signing = make_signing_key()
        write_public(agent / "console.pub", signing.public)
        write_private(server / "signing.key", signing.private)
    if not layout.vault_key.exists():
        write_private(layout.vault_key, make_keys())
    if not layout.node_key.exists():
        write_private(layout.node_key, make_node_key().private.hex().encode() + b"\n")
    write_public(server / "nodes-ca.crt", nodes.certificate)
    write_public(agent / "console-ca.crt", consoles.certificate)
    for directory, user in ((server, console_user), (agent, agent_user)):
        for path in directory.iterdir():
            own(path, user, 0o600)


def _authority(directory: Path, name: str, title: str) -> Identity:
    certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
    if not key.exists() or not certificate.exists():
        _identity(directory, name, make_authority(title))
    return Identity(certificate.read_bytes(), key.read_bytes())


def _identity(directory: Path, name: str, identity: Identity) -> None:
    write_public(directory / f"{name}.crt", identity.certificate)
    write_private(directory / f"{name}.key", identity.key)
