"""Applications that have releases, and the releases: immutable, numbered, named by their inputs."""

from django.db import models

from lampas.store.models.content import Artifact


class Application(models.Model):
    """An application that has been built or created; its definition stands in a repository, not here."""

    name = models.CharField(max_length=32, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    deleted = models.DateTimeField(null=True)


class Release(models.Model):
    """One release. Everything but `state`, `verified_log`, `retired` and `places` is written once.

    `release_id` is the hash of the inputs (a building id is unique per application), `tree` the digest of the
    tree that came out, `manifest` the sha256 of the manifest artifact, `closure` the members with their reasons,
    `inputs` the sha256 of what the tree was made from ("" of releases that an earlier LAMPAS built).

    `base` is the number of the verified release that it has the tree of, with other settings; it was not built, and
    its first deployment is its proof of start. None: it was built. `places` is a projection of `closure`.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="releases")
    number = models.IntegerField()
    release_id = models.CharField(max_length=64)
    tree = models.CharField(max_length=64)
    manifest = models.CharField(max_length=64)
    state = models.CharField(max_length=16)  # built, verified, failed
    repository = models.CharField(max_length=64)
    commit = models.CharField(max_length=40)
    definition_commit = models.CharField(max_length=40)
    definition = models.JSONField()
    closure = models.JSONField()
    env = models.JSONField(default=dict)
    verified_log = models.TextField(default="")
    hooks = models.CharField(max_length=64, default="", db_default="")  # whose output it holds: a `BuildHookRun`
    inputs = models.CharField(max_length=64, default="", db_default="")
    base = models.IntegerField(null=True)
    places = models.ForeignKey("PlaceSet", models.PROTECT, null=True, related_name="releases")
    compressed = models.BooleanField(default=True, db_default=True)  # static files may have compressed siblings
    author = models.CharField(max_length=64)
    retired = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="release_number_once"),
            models.UniqueConstraint(fields=["application", "release_id"], name="release_id_once"),
        ]


class ReleaseArtifact(models.Model):
    """Which content a release needs, so that what no release needs can be pruned."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="artifacts")
    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="releases")


class LockRow(models.Model):
    """The locked distributions of some requirements, by the hash of everything that the resolution depended on. It
    holds names and hashes, never where something was fetched from. `wheels` are kept as artifacts before the row is."""

    inputs = models.CharField(max_length=64, primary_key=True)
    lock = models.JSONField()
    application = models.CharField(max_length=32, default="", db_default="", db_index=True)  # that asked first
    created = models.DateTimeField(auto_now_add=True)


class BuiltRow(models.Model):
    """What one blob became at one path of a release's tree: its content and its bytecode ("" where it has none).
    A projection: what is missing is made again."""

    key = models.CharField(max_length=64, primary_key=True)  # hash of builder, Python, path and blob
    code = models.CharField(max_length=64)
    code_size = models.BigIntegerField()
    bytecode = models.CharField(max_length=64, default="")
    bytecode_size = models.BigIntegerField(default=0)
