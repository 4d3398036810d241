"""The reason of a reading is words of a person: an erasure may blank it, and nothing else of the row (PIPL 47)."""

from django.db import migrations

ONLY_BLANK = """
CREATE FUNCTION audit_reading_only_blank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW."id", NEW."at", NEW."thread", NEW."what", NEW."actor_kind", NEW."actor_id", NEW."actor_label", NEW."rows")
       IS DISTINCT FROM
       (OLD."id", OLD."at", OLD."thread", OLD."what", OLD."actor_kind", OLD."actor_id", OLD."actor_label", OLD."rows")
       OR NEW."reason" <> ''
    THEN
        RAISE EXCEPTION 'Of a reading the reason can only be blanked.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER audit_reading_append_only ON audit_reading;
CREATE TRIGGER audit_reading_only_blank BEFORE UPDATE ON audit_reading
    FOR EACH ROW EXECUTE FUNCTION audit_reading_only_blank();
CREATE TRIGGER audit_reading_append_only BEFORE DELETE ON audit_reading
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""
AS_BEFORE = """
DROP TRIGGER audit_reading_append_only ON audit_reading;
DROP FUNCTION audit_reading_only_blank() CASCADE;
CREATE TRIGGER audit_reading_append_only BEFORE UPDATE OR DELETE ON audit_reading
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(ONLY_BLANK, AS_BEFORE)]
