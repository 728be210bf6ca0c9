"""Persistent directories against what stands in the repository."""

from __future__ import annotations

import pytest

from lampas.core.definition.values import Definition
from lampas.core.names import app_name, repository_name
from lampas.core.release.persistence import check_persist
from lampas.errors import InvalidInput

FILE, LINK = 0o100644, 0o120000


def definition(*persist: str) -> Definition:
    return Definition(app_name("shop"), repository_name("shop"), "shop:app", persist=persist)


@pytest.mark.parametrize("folder", ["var", "var/media", "var/media/x"])
def test_a_symbolic_link_at_its_place_is_no_directory(folder: str) -> None:
    with pytest.raises(InvalidInput, match="'var' is a symbolic link"):
        check_persist(definition(folder), (), {"shop.py": FILE, "var": LINK})


def test_files_below_it_are_left_out_without_a_word() -> None:
    modes = {"media/a": FILE, "media/link": LINK, "mediator": FILE, "my files/x": FILE}
    check_persist(definition("media", "my files", "m\xe9dias"), (), modes)
