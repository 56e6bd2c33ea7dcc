"""Delivery details and evidence live beside the journal: rows of an instance made before move there."""

from django.db import connections, migrations, transaction

COLUMNS = {
    "groupbuy_deliverydetails": "commitment, salt, sealed, stored_at, erased_at",
    "groupbuy_caseevidence": "commitment, salt, text, stored_at",
}
ROWS_AT_ONCE = 500


def move(apps, schema_editor):
    """On SQLite the journal is a file of its own; on PostgreSQL the tables stay where they are."""
    here = schema_editor.connection
    if here.vendor != "sqlite":
        return
    there = connections["journal"]
    present = set(here.introspection.table_names())
    for table, columns in COLUMNS.items():
        if table not in present:
            continue
        marks = ", ".join(["%s"] * len(columns.split(", ")))
        with here.cursor() as source:
            with transaction.atomic(using="journal"), there.cursor() as target:
                source.execute(f"SELECT {columns} FROM {table}")  # noqa: S608
                while rows := source.fetchmany(ROWS_AT_ONCE):
                    target.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
            source.execute(f"DROP TABLE {table}")


class Migration(migrations.Migration):
    dependencies = [("groupbuy", "0002_window_ends_at")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
