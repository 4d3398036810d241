"""What a report counted never changes, whoever asks (RPT-21)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION reports_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'What a report counted is never changed.' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER fact_frozen BEFORE UPDATE OR DELETE ON reports_fact
FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();
CREATE FUNCTION reports_refuse_late_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM reports_report WHERE id = NEW.report_id AND snapshot_at IS NOT NULL) THEN
    RAISE EXCEPTION 'What a report counted is never changed.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fact_in_time BEFORE INSERT ON reports_fact FOR EACH ROW EXECUTE FUNCTION reports_refuse_late_fact();
CREATE TRIGGER report_frozen BEFORE UPDATE OF number, kind, since, until, version, corrects_id, asked_by_id, asked_at,
snapshot_at, tables ON reports_report
FOR EACH ROW WHEN (OLD.snapshot_at IS NOT NULL) EXECUTE FUNCTION reports_refuse_change();
CREATE TRIGGER report_signed BEFORE UPDATE OF state, approved_by_id, approved_at ON reports_report
FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION reports_refuse_change();
CREATE TRIGGER report_kept BEFORE DELETE ON reports_report
FOR EACH ROW EXECUTE FUNCTION reports_refuse_change();
"""
BACKWARD = """
DROP TRIGGER report_kept ON reports_report;
DROP TRIGGER report_signed ON reports_report;
DROP TRIGGER report_frozen ON reports_report;
DROP TRIGGER fact_in_time ON reports_fact;
DROP FUNCTION reports_refuse_late_fact();
DROP TRIGGER fact_frozen ON reports_fact;
DROP FUNCTION reports_refuse_change();
"""


class Migration(migrations.Migration):
    """Triggers, because rights do not bind the tables' owner."""

    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
