from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside running nodes: no lock keeps people from signing in meanwhile."""

    atomic = False

    dependencies = [
        ('accounts', '0006_terminal_places'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='terminal',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['revoked_at'], name='accounts_terminal_revoked'),
        ),
        AddIndexConcurrently(
            model_name='terminal',
            index=models.Index(condition=models.Q(('displaced_at__isnull', False)), fields=['displaced_at'], name='accounts_terminal_displaced'),
        ),
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(condition=models.Q(('signed_out_at__isnull', False)), fields=['signed_out_at'], name='accounts_user_signed_out'),
        ),
    ]
