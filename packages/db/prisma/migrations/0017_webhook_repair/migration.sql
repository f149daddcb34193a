-- What a merchant's receiver needs to be let in, and which of its payments an endpoint is about.
ALTER TABLE webhook_endpoints
  -- A JSON object, encrypted under SECRETS_KEY: it may hold an Authorization.
  ADD COLUMN headers bytea,
  ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
  -- Only events of payments with these values.
  ADD COLUMN metadata_equals jsonb;

-- Where a redirect would have led.
ALTER TABLE delivery_attempts ADD COLUMN location text;
