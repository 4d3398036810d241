"""No row of a refund without a confirmed slip, whoever writes it (hard gate 1)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION returns_refund_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM returns_returnslip
    WHERE id = NEW.slip_id AND confirmed_at IS NOT NULL AND handling = 'refund' AND refund_amount = NEW.amount
  ) THEN
    RAISE EXCEPTION 'Nothing is refunded without a confirmed return acceptance slip of this amount.'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refund_needs_confirmation BEFORE INSERT OR UPDATE ON returns_refund
FOR EACH ROW EXECUTE FUNCTION returns_refund_gate();
"""
BACKWARD = """
DROP TRIGGER refund_needs_confirmation ON returns_refund;
DROP FUNCTION returns_refund_gate();
"""


class Migration(migrations.Migration):
    """A trigger, because a constraint cannot look into another table."""

    dependencies = [("returns", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
