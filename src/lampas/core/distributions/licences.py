"""What a wheel's METADATA says of its licence."""

from __future__ import annotations

from email.parser import HeaderParser

_LONGEST = 100  # characters of a `License` field; a longer one is the licence's whole text


def licence(metadata: str) -> tuple[str, str]:
    """The licence of a distribution: an SPDX expression and a name, one of them or both "".

    Args:
        metadata: The text of its METADATA.
    """
    fields = HeaderParser().parsestr(metadata)
    expression = str(fields.get("License-Expression", "")).strip()
    if expression:
        return expression, ""
    told = [str(value) for value in fields.get_all("Classifier", []) if str(value).startswith("License ::")]
    names = [value.rpartition("::")[2].strip() for value in told if value.count("::") > 1]
    if names:
        return "", " / ".join(dict.fromkeys(names))
    field = str(fields.get("License", "")).strip()
    known = field and "\n" not in field and len(field) <= _LONGEST and field.upper() != "UNKNOWN"
    return "", field if known else ""
