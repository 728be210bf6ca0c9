"""A change of settings makes a release at once, with the tree of the newest verified one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Workshop
    from lampas.store.models import Release

SHOP = 'repository = "shop"\nentry = "shop:application"\n'
CODE = {"shop.py": "import parts\n\ndef application(environ, start_response):\n    return []\n", "parts.py": "A = 1\n"}


def change(**env: str | None) -> Any:
    """`env set`, as the action does it."""
    from lampas.actions.change_environment import ChangeEnvironment
    from lampas.actions.frame import perform
    from lampas.core.accounts import Actor, Grant, Held
    from lampas.core.names import AppName

    return perform(ChangeEnvironment(AppName("shop"), env), Actor("ada", (Held(Grant.ADMINISTRATOR),), "test"))


def row(number: int) -> Release:
    from lampas.store.models import Release

    found: Release = Release.objects.get(application__name="shop", number=number)
    return found


def artifacts_of(number: int) -> set[str]:
    return set(row(number).artifacts.values_list("artifact_id", flat=True))


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """A verified release 1 of `shop`."""
    workshop.commit("shop", CODE)
    workshop.define("shop", SHOP)
    assert workshop.build("shop").verify.ok
    return workshop


def test_it_has_the_same_tree_and_nothing_is_built_or_started(shop: Workshop) -> None:
    calls = shop.verifier.calls
    done = change(MODE="live")
    assert (done.number, done.operation) == (2, None)
    one, two = row(1), row(2)
    assert (two.tree, two.commit, two.closure, two.base) == (one.tree, one.commit, one.closure, 1)
    assert (two.state, two.env, one.env) == ("built", {"MODE": "live"}, {})
    assert two.definition_commit == done.commit != one.definition_commit
    assert artifacts_of(2) - {two.manifest} == artifacts_of(1) - {one.manifest}
    assert shop.verifier.calls == calls


def test_a_build_of_the_same_inputs_gives_the_same_release(shop: Workshop) -> None:
    change(MODE="live")
    built = shop.build("shop")
    assert (built.number, built.id, built.existed) == (2, row(2).release_id, True)
    assert built.verify.ok
    assert row(2).state == "verified"


def test_changes_add_up_and_going_back_gives_the_release_of_before(shop: Workshop) -> None:
    assert change(A="1").number == 2
    assert change(B="2").number == 3
    assert row(3).env == {"A": "1", "B": "2"}
    assert change(B=None).number == 2
    assert change(A=None).number == 1


def test_the_code_is_that_of_the_newest_verified_release(shop: Workshop) -> None:
    shop.commit("shop", {"parts.py": "A = 2\n"})
    assert change(A="1").number == 2
    assert row(2).tree == row(1).tree
    shop.commit("shop", {"parts.py": "raise SystemExit(1)\n"})
    assert not shop.build("shop").verify.ok
    assert row(change(B="1").number).base == 1


def test_where_more_than_settings_changed_a_build_is_asked_for(shop: Workshop) -> None:
    from lampas.store.models import Operation

    shop.define("shop", SHOP + "threads = 3\n")
    done = change(A="1")
    assert done.number is None
    assert Operation.objects.get(pk=done.operation).kind == "build"


def test_a_release_of_an_earlier_lampas_is_built_anew_once(shop: Workshop) -> None:
    from lampas.store.models import Release

    Release.objects.update(inputs="")
    assert change(A="1").operation is not None


def test_a_repository_that_defines_its_own_application_keeps_its_code(workshop: Workshop) -> None:
    own = '[app.shop]\nrepository = "shop"\nentry = "shop:application"\n'
    workshop.commit("shop", {**CODE, "lampas.toml": own})
    workshop.build("shop")
    done = change(A="1")
    assert done.number == 2
    assert (row(2).commit, row(2).definition_commit) == (row(1).commit, done.commit)
    assert row(2).tree == row(1).tree


def test_it_may_be_deployed_without_a_verification_and_an_unproven_build_may_not(shop: Workshop) -> None:
    from lampas.actions import facts
    from lampas.core.names import AppName
    from lampas.dispatch import wanted
    from lampas.errors import Conflict
    from lampas.store.models import Release

    change(A="1")
    assert facts.deployable(AppName("shop"), 2).number == 2
    assert wanted.reserve("shop", 2).release.number == 2
    wanted.proven("shop", 2)
    assert row(2).state == "verified"
    Release.objects.filter(number=1).update(state="built")
    with pytest.raises(Conflict, match="not verified"):
        facts.deployable(AppName("shop"), 1)
    with pytest.raises(Conflict, match="not verified"):
        wanted.reserve("shop", 1)
