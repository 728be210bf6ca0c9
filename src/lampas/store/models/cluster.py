"""Inventory and intent: nodes, port slots, traffic."""

from django.db import models

from lampas.store.models.releases import Application, Release


class Node(models.Model):
    """A host with its Management Interface. `observed` is what it last reported, `sent` the last NodeState that it
    applied and `generation` that one's: units that run go on as it says until they are renewed. Generations up to
    `reserved` were given out."""

    name = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=255)  # host:port of its Management Interface
    home = models.CharField(max_length=255)
    roles = models.JSONField(default=list)
    state = models.CharField(max_length=16)  # unknown, joining, ready, draining, unreachable
    generation = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0, db_default=0)
    sent = models.BinaryField(default=b"")
    key = models.CharField(max_length=64, default="", db_default="")  # public, in hexadecimal: secrets are sealed to it
    observed = models.JSONField(default=dict)
    heard = models.DateTimeField(null=True)


class Slot(models.Model):
    """A release that should run: its port on every appserver node. `state` live (has traffic or is being given it)
    or warm (kept ready for a rollback). `next_port` is where it is being renewed; it takes the place of `port` once
    every node has applied that."""

    release = models.OneToOneField(Release, models.PROTECT, related_name="slot")
    port = models.IntegerField(unique=True)
    next_port = models.IntegerField(unique=True, null=True)
    state = models.CharField(max_length=8)
    since = models.DateTimeField(auto_now=True)


class TrafficRow(models.Model):
    """One traffic table of an application, in order: {number: percent}, adding up to 100. `settled` is set once it
    was applied on every node; `undone` once a rollback went behind it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="traffic")
    table = models.JSONField()
    created = models.DateTimeField(auto_now_add=True)
    settled = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)
