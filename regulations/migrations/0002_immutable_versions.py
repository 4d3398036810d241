"""Published versions never change, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION regulations_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A published profile version is never changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER profileversion_immutable BEFORE UPDATE OR DELETE ON regulations_profileversion
FOR EACH ROW EXECUTE FUNCTION regulations_refuse_change();
"""
BACKWARD = """
DROP TRIGGER profileversion_immutable ON regulations_profileversion;
DROP FUNCTION regulations_refuse_change();
"""


class Migration(migrations.Migration):
    """A trigger, because rights do not bind the tables' owner."""

    dependencies = [("regulations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
