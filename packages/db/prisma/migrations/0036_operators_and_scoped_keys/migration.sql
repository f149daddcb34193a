-- People who operate the gateway, each with a key. ADMIN_API_KEY is an operator without a row.
CREATE TABLE operators (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('operator', 'viewer')),
  -- SHA-256 of the key, as in api_keys.
  key_hash digest NOT NULL UNIQUE,
  last_four text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3)
);
-- The audit log names operators: no two of them have one name at one time.
CREATE UNIQUE INDEX operators_by_name ON operators (name) WHERE revoked_at IS NULL;

ALTER TABLE api_keys
  -- NULL: every scope, also those that later releases add.
  ADD COLUMN scopes text[] CHECK (cardinality(scopes) > 0),
  ADD COLUMN expires_at timestamptz(3),
  -- Networks that the key may be used from. NULL: everywhere.
  ADD COLUMN allowed_cidrs text[] CHECK (cardinality(allowed_cidrs) > 0);
