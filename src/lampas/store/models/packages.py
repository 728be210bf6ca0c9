"""Debian packages that operators approved."""

from django.db import models


class ApprovedPackage(models.Model):
    """A Debian package that may be installed on nodes, as root, when an application asks for it."""

    name = models.CharField(max_length=128, primary_key=True)
    person = models.CharField(max_length=64)  # who approved it
    approved = models.DateTimeField(auto_now_add=True)
