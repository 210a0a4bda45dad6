"""Let PostgreSQL itself refuse to change or delete entries of the audit log, whoever asks and by whatever program.

Emptying the whole table stays possible (TRUNCATE fires no such trigger): the test suite does it. Databases without
PL/pgSQL row triggers go without; the chain of hashes tells there, too.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse();
"""

ALLOW = """
DROP TRIGGER audit_entry_stays ON audit_entry;
DROP FUNCTION audit_entry_refuse();
"""


def is_cockroach(schema_editor) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        return "CockroachDB" in cursor.fetchone()[0]


def refuse(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "postgresql" and not is_cockroach(schema_editor):
        schema_editor.execute(REFUSE)


def allow(apps, schema_editor) -> None:
    if schema_editor.connection.vendor == "postgresql" and not is_cockroach(schema_editor):
        schema_editor.execute(ALLOW)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(refuse, allow)]
