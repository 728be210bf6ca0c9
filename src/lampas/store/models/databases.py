"""Databases of applications, and the accounts that persons have to them for a while."""

from django.db import models


class AppDatabase(models.Model):
    """The database of an application. It outlives its application, until somebody drops it.

    `state` making (its node may not have finished) or ready. Passwords are sealed for the context `database NAME`:
    `password` is what units are told; `following` and `leaving` open the account beside it while it is changed.
    `detached` is when its application was deleted: it is kept, and nobody's until somebody adopts or drops it.
    """

    application = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64, unique=True)  # of the database and of its account
    state = models.CharField(max_length=8, default="making")
    password = models.BinaryField()
    following = models.BinaryField(default=b"")
    leaving = models.BinaryField(default=b"")
    created = models.DateTimeField(auto_now_add=True)
    rotated = models.DateTimeField(null=True)
    detached = models.DateTimeField(null=True)


class DatabaseAccount(models.Model):
    """An account that a person has to a database for a while; its password is told once and kept nowhere."""

    account = models.CharField(max_length=80, unique=True)
    person = models.CharField(max_length=64)
    application = models.CharField(max_length=32, db_index=True)
    read_only = models.BooleanField()
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    ended = models.DateTimeField(null=True)
