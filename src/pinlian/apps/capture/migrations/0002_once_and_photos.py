import json
from typing import Any

import django.utils.timezone
from django.db import migrations, models

from pinlian.apps.capture.events import photo_digests


def bind_photos(apps: Any, schema_editor: Any) -> None:
    """Say of the events that are on record already which photographs they name."""
    named = apps.get_model("epcis", "Event").objects.filter(text__contains="ni:///sha-256;")
    texts = named.values_list("text", flat=True).iterator()
    digests = {digest for text in texts for digest in photo_digests(json.loads(text))}
    bound = apps.get_model("capture", "BoundPhoto")
    bound.objects.bulk_create([bound(digest=digest) for digest in sorted(digests)], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("capture", "0001_capture"),
        ("epcis", "0002_transformations"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoundPhoto",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="PreparedEvents",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("events", models.JSONField()),
                ("forget_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="sensor",
            name="last_measured_at",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="unitcontent",
            name="since_index",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="eventphoto",
            name="uploaded_at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now),
        ),
        migrations.RunPython(bind_photos, migrations.RunPython.noop),
    ]
