"""Data of applications that were deleted."""

from django.db import models


class KeptData(models.Model):
    """Persistent directories that a deleted application left on the nodes, and nobody's until somebody adopts or drops
    them."""

    application = models.CharField(max_length=32, unique=True)
    since = models.DateTimeField(auto_now_add=True)
