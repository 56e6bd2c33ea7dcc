"""Attachments by each thing attached, and what lots claim of certificates: `pinlian rebuild` fills both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trace", "0001_initial")]

    operations = [
        migrations.DeleteModel(name="Attachment"),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "index", "child", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("index", models.BigIntegerField()),
                ("parent", models.CharField(max_length=300)),
                ("child", models.CharField(max_length=300)),
                ("since_us", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["parent", "since_us"], name="trace_attachment_parent"),
                    models.Index(fields=["child", "since_us"], name="trace_attachment_child"),
                ],
            },
        ),
        migrations.RemoveField(model_name="examination", name="made_at"),
        migrations.RemoveField(model_name="examination", name="made_on"),
        migrations.AddField(model_name="examination", name="claimed", field=models.JSONField(default=dict)),
    ]
