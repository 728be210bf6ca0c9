"""What would mend an import that leads nowhere, in words that a person can act on."""

from __future__ import annotations

from lampas.core.closure.values import Missing


def mendings(application: str, missing: Missing) -> tuple[str, ...]:
    """What would mend it, the likeliest first; nothing where it is waived.

    Args:
        application: Whose closure it is missing in.
        missing: It.
    """
    if missing.waived:
        return ()
    waive = f'waive it: [app.{application}.waive] "{missing.name}" = "why"'
    if not missing.line:  # a pattern of `needs`, which no line of the code says
        return (f'change the pattern in [module."…"] needs of {application}', waive)
    if missing.name.startswith("."):
        return ("correct the import: it leads above the top of the repository", waive)
    found = [f"require {missing.proposal}: lampas proposals {application} --accept {missing.proposal}"]
    found = found if missing.proposal else ["require its distribution, or add its repository to `uses`"]
    return (*found, waive) if not missing.optional else (waive, *found)
