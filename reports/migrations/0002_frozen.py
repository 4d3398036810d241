"""What a report counted never changes, whoever asks (RPT-21)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What a report counted is never changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER fact_frozen BEFORE UPDATE OR DELETE ON reports_fact
FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();
CREATE TRIGGER report_frozen BEFORE UPDATE OF number, kind, since, until, version, snapshot_at, tables ON reports_report
FOR EACH ROW WHEN (OLD.snapshot_at IS NOT NULL) EXECUTE FUNCTION reports_refuse_change();
CREATE TRIGGER report_kept BEFORE DELETE ON reports_report
FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();
"""
BACKWARD = """
DROP TRIGGER report_kept ON reports_report;
DROP TRIGGER report_frozen ON reports_report;
DROP TRIGGER fact_frozen ON reports_fact;
DROP FUNCTION reports_refuse_change();
"""


class Migration(migrations.Migration):
    """Triggers, because rights do not bind the tables' owner."""

    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
