"""What does an application need, and why?"""

from __future__ import annotations

from typing import Any

from lampas.build import closures
from lampas.core.closure.chains import why as shortest
from lampas.core.closure.chains import why_recorded
from lampas.core.closure.values import Closure
from lampas.core.names import AppName
from lampas.dispatch.building import AgentWheelBuilder
from lampas.queries import code, comparison, definitions, releases


def of(app: AppName, at: str | None = None) -> Closure:
    """The closure of an application at a ref of its repository.

    Raises:
        NotFound: No such application or ref.
        InvalidInput: Its definition cannot be used.
        Unresolved: Its entry or a link leads to nothing.
    """
    definition = definitions.in_force(app, at)
    return closures.compute(code.reader(), definition, definition.commit, builder=AgentWheelBuilder())


def difference(app: AppName, at: str | None, against: str) -> comparison.Difference:
    """What changed in an application's closure from `against` to `at`. Raises as `of` does."""
    return comparison.closures(of(app, against).recorded(), of(app, at).recorded())


def why(app: AppName, name: str, at: str | None = None) -> list[dict[str, Any]]:
    """The shortest chain from an application to a module or distribution. Raises as `of` does.

    Raises:
        NotFound: It is not in the closure.
    """
    return [edge.public() for edge in shortest(of(app, at), name)]


def why_in(app: AppName, number: int, name: str) -> list[dict[str, Any]]:
    """The shortest chain in a release, as it was recorded when that was built.

    Raises:
        NotFound: No such release, or it does not hold it.
    """
    recorded = releases.row_of(app, number).closure
    return [edge.public() for edge in why_recorded(recorded, name, f"release {number} of {app}")]
