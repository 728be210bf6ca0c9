"""A migration only adds what the version before can live with: an upgrade that fails puts that version back."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import lampas.store.migrations

LATER = sorted(path.stem for path in Path(lampas.store.migrations.__file__).parent.glob("0*.py"))[1:]


@pytest.mark.parametrize("name", LATER)
def test_what_a_migration_adds_to_a_table_may_be_left_out_by_the_version_before(django: Path, name: str) -> None:
    from django.db import migrations
    from django.db.models import NOT_PROVIDED

    made = set()
    for operation in importlib.import_module(f"lampas.store.migrations.{name}").Migration.operations:
        assert isinstance(
            operation,
            migrations.CreateModel
            | migrations.AddField
            | migrations.AddIndex
            | migrations.AddConstraint
            | migrations.AlterField,
        ), f"{operation} takes something away, or changes what the version before uses"
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name.lower())
        if isinstance(operation, migrations.AddField) and operation.model_name.lower() not in made:
            field: Any = operation.field
            assert field.null or field.db_default is not NOT_PROVIDED, (
                f"{operation.model_name}.{operation.name} has no default in the database"
            )
