"""People, what they may do, how they come in, and what they did."""

from django.db import models


class Person(models.Model):
    """Somebody with an account."""

    name = models.CharField(max_length=64, unique=True)
    email = models.CharField(max_length=255, default="")
    created = models.DateTimeField(auto_now_add=True)
    disabled = models.DateTimeField(null=True)


class GrantRow(models.Model):
    """A grant that a person holds; `application` "" means on everything."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="grants")
    grant = models.CharField(max_length=16)
    application = models.CharField(max_length=32, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "grant", "application"], name="grant_once")]


class Token(models.Model):
    """A token for git and the API. Only the sha256 of its secret is kept; `hint` is its first characters."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    used = models.DateTimeField(null=True)


class LoginLink(models.Model):
    """A one-time way in: the sha256 of what stands in the link, good once and until `expires`."""

    person = models.ForeignKey(Person, models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)


class AuditRow(models.Model):
    """One action, by whom, on what, with which outcome. Append-only; each row's `digest` covers the one before."""

    when = models.DateTimeField()
    actor = models.CharField(max_length=64)
    door = models.CharField(max_length=32)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=255)
    application = models.CharField(max_length=32, default="")
    detail = models.JSONField(default=dict)
    outcome = models.CharField(max_length=16)  # done, denied, started, failed
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
