"""Hooks: what build hooks made of a tree, and whether setup hooks ran on a database."""

from django.db import models


class BuildHookRun(models.Model):
    """What build hooks made of one tree, and what of it they saw: in another tree of the same `scope` in which that is
    the same, they would make the same. A projection but for `log`: what is missing is made again.

    `saw` is path → content, or what a list of a directory can tell. `files` are [path, mode, sha256, size, bytecode's
    sha256 or "", its size]; the content is kept before the row is.
    """

    key = models.CharField(max_length=64, primary_key=True)  # hash of the tree, the hooks and where they run
    application = models.CharField(max_length=32, db_index=True)
    scope = models.CharField(max_length=64, db_index=True)  # hash of all but the contents of files
    saw = models.JSONField(default=dict)
    files = models.JSONField()
    log = models.TextField()
    seconds = models.FloatField()
    created = models.DateTimeField(auto_now_add=True)


class SetupProof(models.Model):
    """What setup hooks made of an empty persistent directory in a verification, and what of the tree they saw: where
    that is the same, a verification begins with `data`, a tar archive that stands on the node. A projection."""

    scope = models.CharField(max_length=64, db_index=True)  # hash of all but the contents of files
    application = models.CharField(max_length=32, db_index=True)
    saw = models.JSONField()
    data = models.CharField(max_length=64)
    log = models.TextField()
    created = models.DateTimeField(auto_now_add=True)


class SetupRun(models.Model):
    """Setup hooks on one database (or persistent directory), for all releases of the same tree and hooks.

    `state` running, done, failed, unknown: it was interrupted and nobody knows how far it came; again: an operator said
    that it shall run once more.
    """

    application = models.CharField(max_length=32, db_index=True)
    key = models.CharField(max_length=64)  # hash of the tree and the hooks
    database = models.CharField(max_length=128)  # which one, or "" for the persistent directory alone
    number = models.IntegerField()  # the release that it ran for
    state = models.CharField(max_length=8)
    log = models.TextField(default="")
    actor = models.CharField(max_length=64)  # who asked for the deployment, or said how it stands
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "key", "database"], name="setup_once")]
