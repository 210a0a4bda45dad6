"""The few hidden departments are found by their place in the tree, at every question of who sees whom."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0002_imports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="department",
            index=models.Index(
                condition=models.Q(("is_hidden", True)),
                fields=["tree_id", "lft"],
                name="orgs_department_hidden",
            ),
        ),
    ]
