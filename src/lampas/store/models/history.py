"""Truth of history: packs in chunks, and refs changed by compare-and-swap only."""

from django.db import models


class Repository(models.Model):
    """A named repository. `generation` grows with each publication, so a cache on disk knows that it is behind."""

    name = models.CharField(max_length=64, unique=True)
    default_branch = models.CharField(max_length=255, default="main")
    generation = models.BigIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)


class Pack(models.Model):
    """One git pack. It is stored as staged; `published` is set by the ref transaction that needs it. What stays
    unpublished is collected after a grace period; what a compaction `superseded` as well."""

    # No constraint in the database: it would lock the repository's row, which pushes take turns on, for as long as a
    # large pack is being stored.
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="packs", db_constraint=False)
    name = models.CharField(max_length=40)  # the checksum in its file name: pack-NAME.pack
    size = models.BigIntegerField()
    objects_count = models.IntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    published = models.BooleanField(default=False)
    superseded = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="pack_once")]


class PackChunk(models.Model):
    """At most 1 MiB of a pack (`kind` "pack") or of its index ("idx")."""

    pack = models.ForeignKey(Pack, models.CASCADE, related_name="chunks")
    kind = models.CharField(max_length=4)
    seq = models.IntegerField()
    data = models.BinaryField(max_length=1 << 20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pack", "kind", "seq"], name="pack_chunk_once")]


class Ref(models.Model):
    """A branch or tag: `refs/heads/main` → object id."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="refs")
    name = models.CharField(max_length=255, db_collation="utf8mb4_bin")
    oid = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="ref_once")]
