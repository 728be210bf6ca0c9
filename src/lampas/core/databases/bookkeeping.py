"""Tables in which frameworks and migration tools keep which shape a database has.

A scratch database has the shape of the live one and none of its rows but these: without them a migration would start
from the beginning, on tables that are there already. What else a verification cannot do without, an application names
in `verify.keep`.
"""

from __future__ import annotations

TABLES: dict[str, tuple[str, ...]] = {
    "Django": ("django_migrations", "django_content_type", "auth_permission"),
    "South": ("south_migrationhistory",),
    "Alembic": ("alembic_version",),
    "sqlalchemy-migrate": ("migrate_version",),
    "peewee": ("migratehistory",),
    "Aerich": ("aerich",),
    "yoyo": ("_yoyo_migration", "_yoyo_version", "yoyo_lock"),
    "Rails, dbmate, golang-migrate": ("schema_migrations", "ar_internal_metadata"),
    "Flyway": ("flyway_schema_history", "schema_version"),
    "Liquibase": ("DATABASECHANGELOG", "DATABASECHANGELOGLOCK", "databasechangelog", "databasechangeloglock"),
    "goose": ("goose_db_version",),
    "Knex": ("knex_migrations", "knex_migrations_lock"),
    "Sequelize": ("SequelizeMeta",),
    "Doctrine": ("doctrine_migration_versions",),
    "Phinx": ("phinxlog",),
    "DBIx::Class": ("dbix_class_schema_versions", "dbix_class_deploymenthandler_versions"),
    "Roundup": ("schema", "ids"),
}


def every() -> tuple[str, ...]:
    """All of them, sorted."""
    return tuple(sorted({table for tables in TABLES.values() for table in tables}))
