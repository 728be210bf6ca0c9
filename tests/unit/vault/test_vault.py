"""Sealed secrets: they open where they belong, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lampas import vault
from lampas.errors import InvalidInput
from lampas.vault import NotOpened, Vault

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@given(st.binary(max_size=500), st.text(max_size=50))
def test_what_is_sealed_opens_for_its_context_and_no_other(data: bytes, context: str) -> None:
    box = Vault([KEY])
    sealed = box.seal(data, context)
    assert box.open(sealed, context) == data
    with pytest.raises(NotOpened):
        box.open(sealed, context + " ")


def test_the_same_content_is_never_sealed_alike_at_rest() -> None:
    assert Vault([KEY]).seal(b"value", "context") != Vault([KEY]).seal(b"value", "context")


def test_no_byte_can_be_altered_unseen() -> None:
    box = Vault([KEY])
    sealed = box.seal(b"a secret", "secret shop TOKEN")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(NotOpened):
            box.open(bytes(altered), "secret shop TOKEN")
        with pytest.raises(NotOpened):
            box.open(sealed[:place], "secret shop TOKEN")


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old = Vault([KEY]).seal(b"value", "context")
    both = Vault([OTHER, KEY])
    assert both.open(old, "context") == b"value"
    assert Vault([OTHER]).open(both.seal(b"value", "context"), "context") == b"value"
    with pytest.raises(NotOpened, match="is not here"):
        Vault([OTHER]).open(old, "context")


def test_only_the_node_that_it_was_sealed_to_opens_it() -> None:
    node, other = vault.make_node_key(), vault.make_node_key()
    sealed = Vault([KEY]).seal_to(node.public, b"PASSWORD=x", "unit shop 3")
    assert b"PASSWORD" not in sealed
    assert vault.open_at(node, sealed, "unit shop 3") == b"PASSWORD=x"
    assert vault.open_at(vault.node_key(node.private), sealed, "unit shop 3") == b"PASSWORD=x"
    for who, what, context in (
        (other, sealed, "unit shop 3"),
        (node, sealed, "unit shop 4"),
        (node, sealed[:-1], "unit shop 3"),
        (node, b"", "unit shop 3"),
    ):
        with pytest.raises(NotOpened):
            vault.open_at(who, what, context)


def test_to_a_node_the_same_content_is_sealed_alike_and_another_one_is_not() -> None:
    node, box = vault.make_node_key(), Vault([KEY])
    sealed = box.seal_to(node.public, b"value", "context")
    assert box.seal_to(node.public, b"value", "context") == sealed
    for other in (
        box.seal_to(node.public, b"valuf", "context"),
        box.seal_to(node.public, b"value", "contexu"),
        Vault([OTHER]).seal_to(node.public, b"value", "context"),
    ):
        assert other[:32] != sealed[:32]


def test_a_key_file_is_read_back_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(vault.make_keys())
    sealed = vault.read(path).seal(b"value", "context")
    path.write_bytes(vault.make_keys() + path.read_bytes())
    assert vault.read(path).open(sealed, "context") == b"value"
    for content in (b"", b"short\n", b"ab" * 31):
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match=r"vault|key"):
            vault.read(path)
    path.unlink()
    with pytest.raises(InvalidInput, match="cannot be used"):
        vault.read(path)
