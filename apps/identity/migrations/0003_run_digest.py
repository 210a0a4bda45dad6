"""What a preview would do, to be compared with what would be done later; two more states of a run."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0002_directories'),
    ]

    operations = [
        migrations.AddField(
            model_name='directoryrun',
            name='digest',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name='directoryrun',
            name='state',
            field=models.CharField(choices=[('reading', 'reading the directory'), ('previewed', 'previewed'), ('stopped', 'stopped: too much would vanish'), ('applying', 'being applied'), ('applied', 'applied'), ('stale', 'not done: something has changed since the preview'), ('failed', 'failed')], default='previewed', max_length=16, verbose_name='state'),
        ),
    ]
