"""The pages, as text."""

from html import escape

COLOUR = "#2f5d8a"
GREETING = "Hello"

LAYOUT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f6f4ef;
         font: 18px/1.6 system-ui, sans-serif; color: #222 }}
  main {{ max-width: 34rem; margin: 2rem; padding: 2.5rem 3rem; background: #fff; border-radius: 12px;
         border-top: 8px solid {colour}; box-shadow: 0 2px 24px #0001 }}
  h1 {{ margin: 0 0 .5rem; font-size: 2.4rem; color: {colour} }}
  a {{ color: {colour} }}
  small {{ color: #666 }}
</style>
<main>{body}</main>
</html>
"""


def welcome(release, process, host):
    """The page that says who answers."""
    return layout(
        f"Version {release}",
        f"""
<h1>{GREETING} from version {escape(release)}</h1>
<p>This is the sample application. It was pushed as git commits, built into two releases, and both run now:
each has an address of its own, and the plain address goes to whichever has the traffic.</p>
<p>You came to <b>{escape(host)}</b>.</p>
<p><a href="/error">Raise an error</a> and find it in <code>lampas logs sample</code>.</p>
<small>{escape(process)}</small>""",
    )


def missing(path):
    """The page for an address that leads nowhere."""
    return layout("Not found", f"<h1>Nothing at {escape(path)}</h1><p><a href='/'>To the start</a></p>")


def layout(title, body):
    """A whole page."""
    return LAYOUT.format(title=escape(title), colour=COLOUR, body=body)
