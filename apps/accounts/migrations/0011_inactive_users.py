from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside running nodes: no lock keeps people from signing in meanwhile."""

    atomic = False

    dependencies = [
        ("accounts", "0010_factors"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(condition=models.Q(("is_active", False)), fields=["tenant"], name="accounts_user_inactive"),
        ),
    ]
