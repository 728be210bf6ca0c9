"""Projections of code: `lampas rebuild` makes them anew from the packs."""

from django.db import models

from lampas.store.models.history import Repository


class Facts(models.Model):
    """What an analyser read in one revision; kept for ever for each (blob, analyser, version)."""

    oid = models.CharField(max_length=40)
    analyser = models.CharField(max_length=32)
    version = models.IntegerField()
    facts = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["oid", "analyser", "version"], name="facts_once")]


class ModuleTable(models.Model):
    """Which commit the rows of a repository stand for, so that rows that are old are told from rows that are wrong."""

    repository = models.OneToOneField(Repository, models.CASCADE, related_name="module_table")
    commit = models.CharField(max_length=40, default="")


class ModuleRow(models.Model):
    """A module of a repository's default branch, at its head."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="modules")
    path = models.CharField(max_length=512, db_collation="utf8mb4_bin")
    name = models.CharField(max_length=512, db_collation="utf8mb4_bin", db_index=True)
    kind = models.CharField(max_length=16)
    oid = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "path"], name="module_once")]
