-- An operator's request may have terms, and the sweeper's answer.
ALTER TABLE operator_requests ADD COLUMN terms jsonb, ADD COLUMN answer jsonb;

-- widens: three kinds more; who asks for a kind by name overlooks those that it does not know.
ALTER TABLE operator_requests DROP CONSTRAINT operator_requests_kind_check,
  ADD CONSTRAINT operator_requests_kind_check
    CHECK (kind IN ('backfill', 'sweep', 'deploy', 'plan', 'quote_rescue', 'rescue'));
