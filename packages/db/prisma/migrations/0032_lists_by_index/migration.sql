-- Each documented filter of a list has an index that begins with the merchant and ends with the id. All columns ascend, so that
-- one comparison of rows bounds the scan, and no index without the merchant gives the order (src/database/key-range.ts).
CREATE INDEX payments_listed ON payments (merchant_id, id);
CREATE INDEX payments_listed_by_status ON payments (merchant_id, status, id);
CREATE INDEX payments_listed_by_asset ON payments (merchant_id, chain_id, asset_symbol, id);
CREATE INDEX payments_listed_by_contract ON payments (merchant_id, asset_contract, id) WHERE asset_contract IS NOT NULL;
CREATE INDEX payments_listed_by_reference ON payments (merchant_id, reference, id) WHERE reference IS NOT NULL;
-- contracts: the new ones serve the same statements, read backwards.
DROP INDEX payments_by_merchant;
-- contracts: as above.
DROP INDEX payments_by_reference;

CREATE INDEX deliveries_listed ON deliveries (merchant_id, id);
CREATE INDEX deliveries_listed_by_endpoint ON deliveries (endpoint_id, id);
-- contracts: the new ones serve the same statements, read backwards.
DROP INDEX deliveries_by_merchant;
-- contracts: as above.
DROP INDEX deliveries_by_endpoint;
-- Dead letters are few. Not by status: an index that knows the status would be written for every delivery that succeeds.
CREATE INDEX deliveries_listed_dead ON deliveries (merchant_id, id) WHERE dead_lettered_at IS NOT NULL;
-- Pending deliveries are those in the queue. No column of it changes, so that claiming a row still touches no index.
CREATE INDEX delivery_queue_listed ON delivery_queue (merchant_id, delivery_id);
