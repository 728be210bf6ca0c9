"""Follows pushes: brings the module tables up to the heads that moved. Being late is no harm: they are projections."""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import close_old_connections
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.db.utils import Error as DatabaseError

from lampas.core.names import RepositoryName
from lampas.errors import LampasError
from lampas.git.reader import GitReader
from lampas.store import projections
from lampas.store.models import Ref, Repository

LOG = logging.getLogger("lampas.worker")
SECONDS = 1.0


class Follow(threading.Thread):
    """One thread that follows until the worker stops."""

    def __init__(self, stopping: threading.Event) -> None:
        """Prepares it, until `stopping` is set."""
        super().__init__(name="follow", daemon=True)
        self._stopping = stopping
        self._reader = GitReader(settings.CONFIGURATION)

    def run(self) -> None:
        """Refreshes what is behind, then rests."""
        while not self._stopping.is_set():
            try:
                close_old_connections()
                for name in behind():
                    self._refresh(name)
            except DatabaseError as error:
                LOG.warning("module tables not followed: %s", error)
            self._stopping.wait(SECONDS)

    def _refresh(self, name: RepositoryName) -> None:
        try:
            projections.refresh(self._reader, name)
        except LampasError as error:
            LOG.warning("module table of %s: %s", name, error.message)


def behind() -> list[RepositoryName]:
    """The repositories whose module table is not that of their default branch's head."""
    branch = Concat(Value("refs/heads/"), OuterRef("default_branch"))
    head = Ref.objects.filter(repository=OuterRef("pk"), name=branch).values("oid")[:1]
    rows = Repository.objects.annotate(head=Subquery(head)).filter(head__isnull=False)
    return [
        RepositoryName(name)
        for name in rows.exclude(module_table__commit=F("head")).order_by("name").values_list("name", flat=True)
    ]
