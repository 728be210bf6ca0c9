"""HTML forms as a browser would send them: every field with the value that it stands at."""

from __future__ import annotations

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action, self._inside, self._select, self._area = action, False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = values.get("action", "").endswith(self._action)
        name = values.get("name", "")
        if not self._inside:
            return
        if tag == "input" and name and values.get("type") not in ("submit", "button", "file", "image", "radio"):
            if values.get("type") != "checkbox" or "checked" in values:
                self.fields[name] = values.get("value", "on" if values.get("type") == "checkbox" else "")
        elif tag == "textarea" and name:
            self.fields[name], self._area = "", name
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and ("selected" in values or self._select not in self.fields):
            self.fields[self._select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")


def fields(html: str, action: str) -> dict[str, str]:
    """The fields of the form whose action ends in `action`, name → value."""
    form = _Form(action)
    form.feed(html)
    assert form.fields, f"there is no form for {action}"
    return form.fields
