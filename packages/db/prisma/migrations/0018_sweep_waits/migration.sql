-- Why the next transaction of an open sweep is not signed. One row while it waits; none while what is signed is on its way.
CREATE TABLE sweep_waits (
  sweep_id uuid PRIMARY KEY REFERENCES sweeps,
  chain_id bigint NOT NULL,
  reason text NOT NULL,
  since timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sweep_waits_by_chain ON sweep_waits (chain_id);

-- What a chain's gas wallet lacks for the sweeps that wait for it. One row while it lacks anything.
CREATE TABLE gas_wallet_shortages (
  chain_id bigint PRIMARY KEY,
  address account NOT NULL,
  missing uint256 NOT NULL CHECK (missing > 0),
  since timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
