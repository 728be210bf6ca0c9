"""What a rule of a framework can say.

Needs are patterns: `{0}.models` a module, `{0}.migrations.*` the modules right below a package, `{0}.**` all of them,
`{0}/locale` the files under a directory of a package. `{0}` is what the rule was given: the dotted name of a module,
package or application. What a pattern names and is not there is not needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Means = Literal["module", "application", "template", "file", "migration", "folder", "group", "name", "nothing"]


@dataclass(frozen=True)
class Texts:
    """Strings in a place mean something.

    Attributes:
        name: The rule's name, as `why` shows it.
        context: The places, as a regular expression over the whole context of a text.
        means: What such a string is: a `module` (or something in it), an `application` (a package that a framework
            looks into), a `template`, a `file` or `folder` beside the file, a `migration` in its directory, a `group`
            of entry points, a `name` that `needs` are made from, or `nothing` but a sign that `fires`.
        needs: What comes with each.
        fires: The sign that it gives, for rules that wait for one; `{0}` is the string.
        only: Which strings, as a regular expression over the whole string.
        unless: Modules in which it does not hold, as a regular expression over the whole name.
    """

    name: str
    context: re.Pattern[str]
    means: Means
    needs: tuple[str, ...] = ()
    fires: str = ""
    only: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Applications:
    """What a framework loads from every application that it was given.

    Attributes:
        name: The rule's name.
        needs: What comes with each application `{0}`.
        sign: The sign that has to be given as well; "" for none.
    """

    name: str
    needs: tuple[str, ...]
    sign: str = ""


@dataclass(frozen=True)
class Modules:
    """What comes with a module, or the sign that it gives.

    Attributes:
        name: The rule's name.
        module: Dotted names, as a regular expression over the whole name. The module may be the code's, or one that
            the code imports from a distribution.
        needs: What comes with it; `{0}` is the module.
        fires: The sign.
    """

    name: str
    module: re.Pattern[str]
    needs: tuple[str, ...] = ()
    fires: str = ""


@dataclass(frozen=True)
class Shapes:
    """Directories of a certain shape that come once a sign is given.

    Attributes:
        name: The rule's name.
        sign: The sign.
        holds: Names that stand right in such a directory.
        takes: What of it comes: patterns over names right in it; a directory's name takes all that is in it.
    """

    name: str
    sign: str
    holds: tuple[str, ...]
    takes: tuple[str, ...]


Rule = Texts | Applications | Modules | Shapes
