from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="followcursor",
            name="last_leaf_hash",
            field=models.BinaryField(default=b""),
        ),
    ]
