import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** The recipients of a mainnet-like block: 300 of native coin, and 333 of a configured token. */
const RECIPIENTS = 633
const TIMES = 40

export interface JoinCost {
  readonly ms: number
  readonly buffers: number
  readonly plan: string
}

/** The time of the join of a block's recipients with our addresses (`matchRecipients`), measured by Postgres: the median of many. */
export async function joinCost(databaseUrl: string): Promise<JoinCost> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const costs: JoinCost[] = []
    for (let time = 0; time < TIMES; time++) costs.push(await explainJoin(client))
    const [median] = costs.sort((a, b) => a.ms - b.ms).slice(TIMES / 2)
    if (median === undefined) throw new Error('nothing was measured')
    return median
  } finally {
    await client.end()
  }
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}

async function explainJoin(client: Client): Promise<JoinCost> {
  const recipients = Array.from({ length: RECIPIENTS }, () => randomBytes(20))
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan; 'Execution Time': number }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
     SELECT address, payment_id FROM unnest($1::bytea[]) AS recipient(address) JOIN deposit_addresses USING (address)`,
    [recipients],
  )
  const explained = rows[0]?.['QUERY PLAN'][0]
  if (explained === undefined) throw new Error('Postgres explained nothing')
  const { Plan: plan, 'Execution Time': ms } = explained
  return { ms, buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], plan: plan['Node Type'] }
}
