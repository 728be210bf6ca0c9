"""Stylesheets and scripts: what they import and show."""
