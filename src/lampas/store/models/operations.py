"""Long work: an intent that was committed, and the steps that the worker has taken towards it."""

from django.db import models


class Operation(models.Model):
    """A build, a deployment, a change of traffic. The worker takes those that are due.

    `state` waiting, running, done, failed. `leased` is until when a worker holds it; a worker that dies lets the
    lease end, and the next one resumes. Operations of one application run one after the other, in order of id.
    """

    kind = models.CharField(max_length=16)  # lampas.store.operations.KINDS
    application = models.CharField(max_length=32, db_index=True)
    intent = models.JSONField()
    state = models.CharField(max_length=8, default="waiting", db_index=True)
    result = models.JSONField(default=dict)
    error = models.JSONField(null=True)  # {code, message, remedy}
    actor = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    leased = models.DateTimeField(null=True)

    resumed: bool = False  # of this object, not stored: another worker had taken it before


class OperationStep(models.Model):
    """One step of an operation, as people see it live: a name, a state (running, done, failed), a detail."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="steps")
    seq = models.IntegerField()
    name = models.CharField(max_length=64)
    node = models.CharField(max_length=64, default="")
    state = models.CharField(max_length=8)
    detail = models.TextField(default="")
    told = models.IntegerField(default=0, db_default=0)  # how often its detail changed while it ran
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "seq"], name="step_once")]
