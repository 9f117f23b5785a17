"""Who may stop everything that is active: those who may edit batches, as it is they who see a wrong list being called."""

from django.db import migrations

MAY_STOP_EVERYTHING = ("Operators", "Administrators")


def allow(apps, schema_editor):
    """Django makes permissions only after the last migration, so this one is made here, as it would."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    content_type, _ = ContentType.objects.get_or_create(app_label="batches", model="change")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="stop_everything",
        defaults={"name": "Can stop everything that is active"},
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=MAY_STOP_EVERYTHING):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("batches", "0003_operations"), ("batches", "0002_roles")]
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
