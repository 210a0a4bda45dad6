"""Where each log's part past retention ends. Rows that the previous release inserts begin with none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="log",
            name="expired_seq",
            field=models.BigIntegerField(db_default=0, default=0, verbose_name="last seq past retention"),
        ),
    ]
