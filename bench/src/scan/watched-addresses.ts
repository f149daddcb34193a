import { Client } from 'pg'

/**
 * Issues the addresses of the indexes from 0. Most have no payment, because the join depends on addresses only.
 */
export async function watchAddresses(databaseUrl: string, count: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // Foreign keys are triggers, which a replica's session skips. Building the indexes at the end takes a fraction of the time.
    await client.query(`SET session_replication_role = 'replica'; SET synchronous_commit = off; SET maintenance_work_mem = '1GB';
      UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = 'deposit_addresses'::regclass`)
    await client.query(
      `INSERT INTO deposit_addresses (address, wallet, index, payment_id)
       SELECT substring(sha256(int4send(n)) FOR 20), 'bench', n, md5(n::text)::uuid FROM generate_series(0, $1::int) n`,
      [count - 1],
    )
    await client.query('REINDEX TABLE deposit_addresses')
    await client.query('VACUUM (ANALYZE, FREEZE) deposit_addresses')
    await client.query('CHECKPOINT')
    await client.query("SET enable_seqscan = off; SELECT count(*) FROM deposit_addresses WHERE address > ''") // warms the index
  } finally {
    await client.end()
  }
}

/** Payments of 1 wei, of the first indexes; returns their addresses. */
export async function addPayments(databaseUrl: string, chain: { name: string; id: number }, count: number) {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query("INSERT INTO wallets (fingerprint) VALUES ('bench')")
    await client.query("INSERT INTO merchants (id, name) VALUES ('01900000-0000-7000-8000-000000000001', 'Bench')")
    const { rows } = await client.query<{ address: string }>(
      `INSERT INTO payments (id, merchant_id, chain, chain_id, asset_symbol, asset_decimals, amount, tolerance_bps, late_policy,
         address, confirmations_required, metadata, checkout_url, trace_anchor, created_at, expires_at, status, sequence)
       SELECT md5(n::text)::uuid, '01900000-0000-7000-8000-000000000001', $1, $2, 'ETH', 18, 1, 0, 'accept',
         substring(sha256(int4send(n)) FOR 20), 3, '{}', 'https://example.com/',
         '00-' || md5(n::text) || '-b7ad6b7169203331-01', now(), now() + interval '1 day', 'pending', 1
       FROM generate_series(0, $3::int - 1) n RETURNING '0x' || encode(address, 'hex') AS address`,
      [chain.name, chain.id, count],
    )
    return rows.map(({ address }) => address)
  } finally {
    await client.end()
  }
}
