"""Triggers: each new entry waits for its seal, and what is written stays. docs/decisions/0020-triggers-keep-the-trail.md."""

from django.db import migrations

REFUSAL = "Entries of the trail are never edited or deleted."
# Written once. A row with one of these columns as in an older row would take its place by SQLite's INSERT OR REPLACE.
UNIQUE = {
    "trail_entry": ("id",),
    "trail_leaf": ("entry_id", "number"),
    "trail_seal": ("number", "last", "previous"),
    "trail_emptied": ("entry_id", "last_seal"),
}
# Retention may remove what a sealed entry says that it removes. Counted instead of joined: a plan that begins with all
# leaves would read these anew for each row.
SAID = (
    "EXISTS (SELECT 1 FROM trail_emptied e WHERE e.last_number >= {} "
    "AND (SELECT COUNT(*) FROM trail_leaf said WHERE said.entry_id = e.entry_id) > 0)"
)
REMOVABLE = {
    "trail_entry": SAID.format("(SELECT l.number FROM trail_leaf l WHERE l.entry_id = OLD.id)"),
    "trail_leaf": SAID.format("OLD.number"),
}


def sqlite_guards():
    """Return the statements that remove the guards, and those that make them."""
    drop, create = [], []

    def guard(table, event, condition):
        name = f"{table}_no_{event.lower()}"
        drop.append(f"DROP TRIGGER IF EXISTS {name}")
        create.append(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )

    for table, columns in UNIQUE.items():
        taken = " OR ".join(f'"{column}" = NEW."{column}"' for column in columns)
        guard(table, "INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})")
        guard(table, "UPDATE", "")
        guard(table, "DELETE", f"WHEN NOT {REMOVABLE[table]}" if table in REMOVABLE else "")
    return drop, create


def postgresql_guards():
    """Return the statements that remove the guards, and those that make them."""
    drop, create = [], [postgresql_function("trail_refuse", f"RAISE EXCEPTION '{REFUSAL}' {CODE};")]
    for table in UNIQUE:
        guard = "trail_refuse"
        if table in REMOVABLE:
            guard = f"{table}_delete"
            refuse = f"IF NOT {REMOVABLE[table]} THEN RAISE EXCEPTION '{REFUSAL}' {CODE}; END IF; RETURN OLD;"
            create.append(postgresql_function(guard, refuse))
        for event, scope, function in (
            ("UPDATE", "ROW", "trail_refuse"),
            ("DELETE", "ROW", guard),
            ("TRUNCATE", "STATEMENT", "trail_refuse"),
        ):
            name = f"{table}_no_{event.lower()}"
            drop.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            create.append(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {scope} EXECUTE FUNCTION {function}()"
            )
    return drop, create


# What Django calls an IntegrityError.
CODE = "USING ERRCODE = 'restrict_violation'"


def postgresql_function(name, body):
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


PENDING = {
    "sqlite": [
        "CREATE TRIGGER trail_entry_pending AFTER INSERT ON trail_entry FOR EACH ROW "
        "BEGIN INSERT OR IGNORE INTO trail_pending (entry_id) VALUES (NEW.id); END"
    ],
    "postgresql": [
        postgresql_function(
            "trail_entry_pending",
            "INSERT INTO trail_pending (entry_id) VALUES (NEW.id) ON CONFLICT DO NOTHING; RETURN NULL;",
        ),
        "CREATE TRIGGER trail_entry_pending AFTER INSERT ON trail_entry "
        "FOR EACH ROW EXECUTE FUNCTION trail_entry_pending()",
    ],
}


def guards(vendor):
    """Return the statements that remove the guards of a database, and those that make them."""
    return sqlite_guards() if vendor == "sqlite" else postgresql_guards()


def forwards(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    # PostgreSQL lets nobody add an entry between the trigger and the end of this migration, so that none is missed.
    for statement in PENDING[vendor]:
        schema_editor.execute(statement)
    schema_editor.execute("INSERT INTO trail_pending (entry_id) SELECT id FROM trail_entry")
    for statement in guards(vendor)[1]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('trail', '0003_seals'),
    ]

    operations = [
        migrations.RunPython(forwards),
    ]
