-- Who vouches for a block's contents. 'proven': the block's hash. 'agreed': enough providers, by equal digests of the contents.
-- 'single_word': one provider. 'accepted': an operator.
-- widens: three grades more. What was 'structural' was one provider's word.
ALTER TABLE blocks DROP CONSTRAINT blocks_trust_check;
UPDATE blocks SET trust = 'single_word' WHERE trust = 'structural';
ALTER TABLE blocks ADD CONSTRAINT blocks_trust_check
  CHECK (trust IN ('proven', 'agreed', 'single_word', 'accepted'));

-- widens: as above.
ALTER TABLE chain_state DROP CONSTRAINT chain_state_trust_check;
UPDATE chain_state SET trust = 'single_word' WHERE trust = 'structural';
ALTER TABLE chain_state ADD CONSTRAINT chain_state_trust_check
  CHECK (trust IN ('proven', 'agreed', 'single_word', 'accepted'));

-- While a release is rolled out, scanners of the release before still write 'structural'. To be dropped a release later.
CREATE FUNCTION rename_structural_trust() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.trust := 'single_word';
  RETURN NEW;
END
$$;
CREATE TRIGGER blocks_structural_trust BEFORE INSERT OR UPDATE OF trust ON blocks
  FOR EACH ROW WHEN (NEW.trust = 'structural') EXECUTE FUNCTION rename_structural_trust();
CREATE TRIGGER chain_state_structural_trust BEFORE INSERT OR UPDATE OF trust ON chain_state
  FOR EACH ROW WHEN (NEW.trust = 'structural') EXECUTE FUNCTION rename_structural_trust();

-- Blocks that an operator told the scanner to take although nobody could prove them. Only the owner writes here.
CREATE TABLE accepted_blocks (
  chain_id bigint NOT NULL,
  hash digest NOT NULL,
  number bigint NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  accepted_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (chain_id, hash)
);

-- Committed blocks whose internal transfers are still unknown. A row goes when they are recorded, or the block leaves the chain.
CREATE TABLE trace_debts (
  chain_id bigint NOT NULL,
  block_hash digest NOT NULL,
  block_number bigint NOT NULL,
  since timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 1,
  next_attempt_at timestamptz(3) NOT NULL,
  -- What kept the providers from telling, in the words of the last attempt.
  reason text NOT NULL,
  providers text[] NOT NULL,
  PRIMARY KEY (chain_id, block_hash),
  FOREIGN KEY (chain_id, block_hash) REFERENCES blocks
);
CREATE INDEX trace_debts_due ON trace_debts (chain_id, next_attempt_at);
