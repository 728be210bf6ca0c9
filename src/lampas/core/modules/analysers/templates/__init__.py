"""Templates of Django, Jinja and Mako: what they extend, include and import, their tag libraries and static files."""
