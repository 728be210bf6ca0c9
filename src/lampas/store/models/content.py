"""Content by sha256: wheels, release files, manifests. Append-only."""

from django.db import models


class Artifact(models.Model):
    """One piece of content, named by its sha256; the bytes stand in its chunks, in order."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    created = models.DateTimeField(auto_now_add=True)


class ArtifactChunk(models.Model):
    """At most 1 MiB of an artifact; `encoding` "raw" or "zlib"."""

    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="chunks")
    seq = models.IntegerField()
    encoding = models.CharField(max_length=4, default="raw")
    data = models.BinaryField(max_length=1 << 21)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["artifact", "seq"], name="artifact_chunk_once")]
