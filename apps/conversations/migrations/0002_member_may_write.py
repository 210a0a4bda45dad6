"""A member may be silenced: the two of a direct conversation are while one of them blocks the other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="may_write",
            field=models.BooleanField(
                db_default=True,
                default=True,
                editable=False,
                help_text="Not in a direct conversation while one of its two people blocks the other.",
                verbose_name="may write",
            ),
        ),
    ]
