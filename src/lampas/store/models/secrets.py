"""Secrets of applications, sealed by the vault, whose key stands outside the database."""

from django.db import models

from lampas.store.models.releases import Application


class SecretRow(models.Model):
    """One secret variable of an application. `sealed` opens for `secret APP NAME` alone."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=128, db_collation="utf8mb4_bin")
    sealed = models.BinaryField()
    actor = models.CharField(max_length=64)  # who set it last
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "name"], name="secret_once")]
