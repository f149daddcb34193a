-- Limits of one merchant's own, set by operators. NULL: those that the API is configured with.
ALTER TABLE merchants
  ADD COLUMN max_open_payments integer CHECK (max_open_payments > 0),
  ADD COLUMN max_payments_per_day integer CHECK (max_payments_per_day > 0);
