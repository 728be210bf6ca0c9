"""Lock documents and wheels: which wheel is taken, and what it provides."""

from __future__ import annotations

import pytest
from packaging.tags import Tag

from lampas.core.distributions.provides import import_prefixes, required_names
from lampas.core.distributions.pylock import NoWheel, wheels
from lampas.core.distributions.values import Distribution, Lock
from lampas.core.names import Sha256

TAGS = [Tag("cp311", "cp311", "manylinux_2_17_x86_64"), Tag("py3", "none", "any")]


def _document(*filenames: str) -> str:
    rows = ", ".join(
        f'{{ url = "https://index.example/{name}", hashes = {{ sha256 = "{"a" * 64}" }} }}' for name in filenames
    )
    return f'lock-version = "1.0"\n[[packages]]\nname = "Some_Thing"\nversion = "1.0"\nwheels = [{rows}]\n'


def test_the_best_wheel_for_the_platform_is_taken() -> None:
    names = [
        "some_thing-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
        "some_thing-1.0-py3-none-any.whl",
        "some_thing-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "some_thing-1.0-cp311-cp311-win_amd64.whl",
    ]
    (found,) = wheels(_document(*names), TAGS)
    assert (found.name, found.filename) == ("some-thing", names[2])


@pytest.mark.parametrize("names", [[], ["some_thing-1.0-cp311-cp311-win_amd64.whl"], ["nonsense"]])
def test_a_distribution_without_a_wheel_is_named(names: list[str]) -> None:
    with pytest.raises(NoWheel, match=r"some-thing .* has no wheel"):
        wheels(_document(*names), TAGS)


@pytest.mark.parametrize(
    ("paths", "prefixes"),
    [
        (["flask/__init__.py", "flask/json/__init__.py", "flask-3.dist-info/RECORD"], ("flask",)),
        (["six.py", "six-1.dist-info/METADATA"], ("six",)),
        (["yaml/__init__.py", "_yaml/__init__.py", "yaml/_yaml.cpython-311-x86_64-linux-gnu.so"], ("_yaml", "yaml")),
        (["_cffi_backend.cpython-311-x86_64-linux-gnu.so", "cffi/__init__.py"], ("_cffi_backend", "cffi")),
        (["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py"], ("google.cloud.storage",)),
        (["zope/interface/__init__.py", "zope/thing.py"], ("zope.interface", "zope.thing")),
        (["x-1.data/purelib/inside/__init__.py", "x-1.data/scripts/run.py"], ("inside",)),
        (["numpy.libs/libopenblas.so", "numpy/__init__.py"], ("numpy",)),
    ],
)
def test_import_prefixes(paths: list[str], prefixes: tuple[str, ...]) -> None:
    assert import_prefixes(paths) == prefixes


def test_required_names() -> None:
    text = 'Name: x\nRequires-Dist: Flask_Login (>=1)\nRequires-Dist: pytest; extra == "test"\nRequires-Dist: ???\n'
    assert required_names(text) == ("flask-login",)


def test_a_lock_is_read_back_equal() -> None:
    one = Distribution("a", "1", "a-1-py3-none-any.whl", Sha256("0" * 64), 3, ("a", "b"), ("c",))
    lock = Lock((one,), ("a",), "requirements.txt")
    assert Lock.decode(lock.encode()) == lock
    assert lock.provided() == {"a": "a", "b": "a"}
