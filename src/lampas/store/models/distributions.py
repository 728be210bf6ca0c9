"""Distributions: wheels built from sources, and what is known of vulnerable versions."""

from django.db import models


class WheelRow(models.Model):
    """A wheel that was built from a source distribution, once for the same inputs."""

    inputs = models.CharField(max_length=64, unique=True)  # of the source, the build's environment, Debian packages
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    filename = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, db_index=True)  # the wheel's, an artifact
    source = models.CharField(max_length=64)  # the source distribution's sha256
    made_with = models.JSONField(default=dict)
    seconds = models.FloatField()
    created = models.DateTimeField(auto_now_add=True)


class DistributionRow(models.Model):
    """What a kept wheel provides and requires, read from it once. A projection: what is missing is read again."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    provides = models.JSONField(default=list)
    requires = models.JSONField(default=list)


class AdvisoryRow(models.Model):
    """What one advisory says of one distribution: see `lampas.core.distributions.advisories`. All rows are those of the
    last import."""

    advisory = models.CharField(max_length=100)
    name = models.CharField(max_length=200, db_index=True)
    aliases = models.JSONField(default=list)
    summary = models.TextField(default="")
    severity = models.CharField(max_length=100, default="")
    versions = models.JSONField(default=list)
    ranges = models.JSONField(default=list)
    imported = models.DateTimeField()
