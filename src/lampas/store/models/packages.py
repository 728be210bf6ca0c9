"""Debian packages: those that operators approved, and which one ships a Perl module."""

from django.db import models


class ApprovedPackage(models.Model):
    """A Debian package that may be installed on nodes, as root, when an application asks for it."""

    name = models.CharField(max_length=128, primary_key=True)
    person = models.CharField(max_length=64)  # who approved it
    approved = models.DateTimeField(auto_now_add=True)


class DebianModule(models.Model):
    """A Perl module that a Debian package ships, by the mirror's own lists of files. All rows are those of the last
    `packages index`."""

    module = models.CharField(max_length=250, primary_key=True, db_collation="utf8mb4_bin")
    package = models.CharField(max_length=128)
    indexed = models.DateTimeField()
