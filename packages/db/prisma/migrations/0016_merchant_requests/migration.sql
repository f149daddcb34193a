-- What a merchant may ask of its payment, and where the payer's page leads back to.
ALTER TABLE payments
  -- Takes effect once the chain has been scanned past it and nothing had come by then.
  ADD COLUMN cancel_requested_at timestamptz(3),
  -- What had been received when the merchant accepted it as enough. late_accepted is written beside it for the release before.
  ADD COLUMN amount_accepted uint256 CHECK (amount_accepted > 0),
  ADD COLUMN success_url text,
  ADD COLUMN cancel_url text;
CREATE INDEX payments_to_cancel ON payments (chain_id, cancel_requested_at)
  WHERE status = 'pending' AND cancel_requested_at IS NOT NULL;

-- What merchants asked of their payments, for the timeline. Append-only.
CREATE TABLE payment_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL CHECK (kind IN ('cancel', 'accept', 'extend', 'edit')),
  actor text NOT NULL,
  -- Of an acceptance.
  amount uint256,
  -- Of an extension.
  expires_at timestamptz(3),
  CHECK ((kind = 'accept') = (amount IS NOT NULL)),
  CHECK ((kind = 'extend') = (expires_at IS NOT NULL))
);
CREATE INDEX payment_requests_by_payment ON payment_requests (payment_id, id);

-- The number of the last event told about the sweep.
ALTER TABLE sweeps ADD COLUMN sequence integer NOT NULL DEFAULT 0;

-- What one service configures and others tell: the address under which payers reach the API.
CREATE TABLE gateway_settings (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  public_url text
);
INSERT INTO gateway_settings DEFAULT VALUES;
