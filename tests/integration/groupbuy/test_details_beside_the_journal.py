"""Rows of an instance that was made before delivery details lived beside the journal."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from pinlian.apps.groupbuy.models import DeliveryDetails

MIGRATION = import_module("pinlian.apps.groupbuy.migrations.0003_details_beside_the_journal")
FIRST, SECOND = f"0x{'01' * 32}", f"0x{'02' * 32}"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="on PostgreSQL the tables stay where they are")
@pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])
def test_migration__with_rows_in_the_read_models_file__moves_them_and_keeps_what_is_there() -> None:
    DeliveryDetails.objects.create(commitment=SECOND, salt="0x22", sealed="newer")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE groupbuy_deliverydetails"
            " (commitment TEXT PRIMARY KEY, salt TEXT, sealed TEXT, stored_at TEXT, erased_at TEXT)"
        )
        for commitment in (FIRST, SECOND):
            cursor.execute(
                "INSERT INTO groupbuy_deliverydetails VALUES (%s, '0x11', 'older', '2026-11-01 08:00:00', NULL)",
                [commitment],
            )
    with connection.schema_editor() as editor:
        MIGRATION.move(apps, editor)
    kept = DeliveryDetails.objects.order_by("commitment").values_list("commitment", "salt", "sealed")
    assert list(kept) == [(FIRST, "0x11", "older"), (SECOND, "0x22", "newer")]
    assert "groupbuy_deliverydetails" not in connection.introspection.table_names()
