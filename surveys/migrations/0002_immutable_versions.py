"""Published questionnaires never change, whoever asks (SUR-10)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION surveys_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A published questionnaire is never changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER questionnaireversion_immutable BEFORE UPDATE OR DELETE ON surveys_questionnaireversion
FOR EACH ROW EXECUTE FUNCTION surveys_refuse_change();
"""
BACKWARD = """
DROP TRIGGER questionnaireversion_immutable ON surveys_questionnaireversion;
DROP FUNCTION surveys_refuse_change();
"""


class Migration(migrations.Migration):
    """A trigger, because rights do not bind the tables' owner."""

    dependencies = [("surveys", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
