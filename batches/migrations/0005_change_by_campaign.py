from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('batches', '0004_stop_everything'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['campaign_id', '-id'], name='change_campaign_newest'),
        ),
    ]
