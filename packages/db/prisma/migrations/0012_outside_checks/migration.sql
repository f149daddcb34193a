-- Which chain was scanned first: a provider of another one with the same chain id is recognised by it.
CREATE TABLE chain_identities (
  chain_id bigint PRIMARY KEY,
  genesis_hash bytea NOT NULL CHECK (octet_length(genesis_hash) = 32),
  first_seen_at timestamptz(3) NOT NULL DEFAULT now()
);

-- What the scanner found when it held a configured token against its contract. The API has no RPC and asks here.
CREATE TABLE asset_checks (
  chain_id bigint NOT NULL,
  contract bytea NOT NULL CHECK (octet_length(contract) = 20),
  -- As configured when it was checked: a changed configuration is unchecked.
  decimals integer NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('ok', 'warning', 'fault')),
  reason text,
  checked_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (chain_id, contract)
);
