"""Which files applications and releases need, the other way round: from a file to who needs it. All projections."""

from django.db import models


class Place(models.Model):
    """A file by where it stands; its content is no matter here."""

    repository = models.CharField(max_length=64)
    path = models.CharField(max_length=512, db_collation="utf8mb4_bin")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "path"], name="place_once")]


class PlaceSet(models.Model):
    """The files of one closure. Closures that hold the same files, whatever is in them, share it."""

    digest = models.CharField(max_length=64, unique=True)
    places = models.ManyToManyField(Place, through="PlaceInSet", related_name="sets")


class PlaceInSet(models.Model):
    """A file of a set."""

    place = models.ForeignKey(Place, models.PROTECT)
    set = models.ForeignKey(PlaceSet, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "set"], name="place_in_set_once")]


class HeadClosure(models.Model):
    """What an application needs at the heads of the branches that it is made from.

    `key` is the hash of its definition and of how closures are computed, `commits` repository → the commit that was
    looked at, `locked` whether its requirements had been locked by then: before, what distributions provide is not
    known. `problem` says why there is no closure.
    """

    application = models.CharField(max_length=32, unique=True)
    key = models.CharField(max_length=64)
    commits = models.JSONField()
    places = models.ForeignKey(PlaceSet, models.PROTECT, related_name="heads")
    unresolved = models.JSONField(default=list)
    problem = models.TextField(default="")
    locked = models.BooleanField()


class HeadsTable(models.Model):
    """What all rows of `HeadClosure` together stand for: a hash of everything that they follow from. One row."""

    stand = models.CharField(max_length=64)
