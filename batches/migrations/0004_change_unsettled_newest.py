from django.db import migrations, models

from trail.indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('batches', '0003_entries_of_earlier_changes'),
    ]

    operations = [
        AddIndexOnline(
            model_name='change',
            index=models.Index(condition=models.Q(('settled_at', None)), fields=['id'], name='change_unsettled_newest'),
        ),
    ]
