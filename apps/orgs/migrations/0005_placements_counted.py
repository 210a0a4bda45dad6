from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0004_import_steps"),
        ("tenants", "0002_plans_and_hosts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="placement",
            name="orgs_placement_once",
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.UniqueConstraint(
                fields=("department", "user"), include=("tenant",), name="orgs_placement_once"
            ),
        ),
    ]
