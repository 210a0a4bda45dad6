import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside running nodes: no lock keeps people from signing in meanwhile."""

    atomic = False

    dependencies = [
        ('accounts', '0003_findable'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='user',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['search_grams'], name='accounts_user_found'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(fields=['tenant', 'display_name', 'id'], name='accounts_user_listed'),
        ),
    ]
