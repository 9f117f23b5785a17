"""The three roles, as groups. People can be given further groups; these are what the product's pages speak of."""

from django.db import migrations

PERMISSIONS = {
    "view_batches": ("batches", "change", "Can see batches and their changes"),
    "edit_batches": ("batches", "change", "Can edit batches"),
    "add_user": ("dashboard", "user", "Can add user"),
    "change_user": ("dashboard", "user", "Can change user"),
    "view_user": ("dashboard", "user", "Can view user"),
}
ROLES = {
    "Viewers": ["view_batches"],
    "Operators": ["view_batches", "edit_batches"],
    "Administrators": ["view_batches", "edit_batches", "add_user", "change_user", "view_user"],
}


def make_roles(apps, schema_editor):
    """Django makes permissions only after the last migration, so those needed here are made here, as it would."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    permissions = {}
    for codename, (app_label, model, name) in PERMISSIONS.items():
        content_type, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
        permissions[codename], _ = Permission.objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
    for role, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(*(permissions[codename] for codename in codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0001_initial"),
        ("dashboard", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
