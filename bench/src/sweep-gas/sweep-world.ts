import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { freePortBase } from '@ctrip/local-stack/ports'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { testToken } from '@ctrip/local-stack/test-token'
import { type JsonRpcProvider, NonceManager, Wallet } from 'ethers'
import { Pool } from 'pg'

const CHAIN_ID = 31337
const SETTLE_TIMEOUT_MS = 300_000
const POLL_MS = 250
const CREATED_AT_ONCE = 10
const AMOUNT = { ETH: 10n ** 17n, USDC: 1_500_000n }

export type AssetSymbol = 'ETH' | 'USDC'

export interface Deposit {
  readonly id: string
  readonly address: string
}

/** The whole gateway with 1 s blocks, and the means to pay. */
export interface SweepWorld {
  readonly sql: Pool
  newDeposits(asset: AssetSymbol, count: number): Promise<Deposit[]>
  pay(asset: AssetSymbol, deposits: readonly Deposit[]): Promise<void>
  /** The native coin that these addresses hold together, in wei. */
  coinsAt(deposits: readonly Deposit[]): Promise<bigint>
  /** Pauses sweeping until `resume`, so that payments of one batch arrive together. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Deploys the contracts that sweep in batches. */
  deploy(): Promise<void>
  /** Resolves when every transfer is confirmed and swept by a confirmed sweep. */
  confirmed(): Promise<void>
  collected(): Promise<void>
  stop(): Promise<void>
}

export async function startSweepWorld(): Promise<SweepWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-sweep-'))
  const stack = await startStack({ dataFolder: folder, portBase: await freePortBase(), blockTimeSeconds: 1 })
  const { chains, postgres } = stack.descriptor()
  const [chain] = chains
  if (chain === undefined || chain.funded_private_key === null)
    throw new Error('the local stack has a chain of its own')
  const provider = localProvider(chain.rpc_url)
  const sql = new Pool({ connectionString: postgres.url, max: 4 })
  const payer = new NonceManager(new Wallet(chain.funded_private_key, provider))
  const usdc = testToken(chain.tokens[0]?.contract ?? '', payer)
  const count = async (query: string): Promise<number> => Number((await sql.query<{ n: string }>(query)).rows[0]?.n)
  const until = (what: string, query: string) => untilZero(what, () => count(query))
  return {
    sql,
    newDeposits: (asset, n) => newDeposits(stack, asset, n),
    async pay(asset, deposits) {
      const sent = []
      for (const { address } of deposits) {
        sent.push(
          asset === 'ETH'
            ? await payer.sendTransaction({ to: address, value: AMOUNT.ETH })
            : await usdc.transfer(address, AMOUNT.USDC),
        )
      }
      await Promise.all(sent.map((transaction) => transaction.wait()))
      await scanned(provider, sql)
    },
    async coinsAt(deposits) {
      let total = 0n
      for (const { address } of deposits) total += await provider.getBalance(address)
      return total
    },
    async pause() {
      await sql.query(`INSERT INTO sweep_pauses (chain_id, reason, actor) VALUES (${CHAIN_ID}, 'bench', 'bench')`)
    },
    async resume() {
      await sql.query('DELETE FROM sweep_pauses')
    },
    async deploy() {
      await sql.query(`INSERT INTO operator_requests (kind, chain_id) VALUES ('deploy', ${CHAIN_ID})`)
      await until('deployed', 'SELECT count(*) AS n FROM operator_requests WHERE completed_at IS NULL')
    },
    confirmed: () =>
      until('confirmed', `SELECT count(*) AS n FROM transfers WHERE status = 'included' AND kind <> 'funding'`),
    collected: () => until('collected', UNCOLLECTED),
    async stop() {
      await sql.end()
      provider.destroy()
      await stack.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const UNCOLLECTED = `SELECT count(*) AS n FROM transfers LEFT JOIN sweeps ON sweeps.id = collected_by
  WHERE kind <> 'funding' AND transfers.status <> 'orphaned' AND sweeps.status IS DISTINCT FROM 'confirmed'`

async function newDeposits(stack: Stack, asset: AssetSymbol, count: number): Promise<Deposit[]> {
  const { api, merchant } = stack.descriptor()
  const create = async (): Promise<Deposit> => {
    const response = await fetch(`${api.url}/api/v1/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${merchant?.api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ chain: 'anvil', asset, amount: AMOUNT[asset].toString(), expires_in: 604_800 }),
    })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return (await response.json()) as Deposit
  }
  const deposits: Deposit[] = []
  while (deposits.length < count) {
    const some = Math.min(CREATED_AT_ONCE, count - deposits.length)
    deposits.push(...(await Promise.all(Array.from({ length: some }, create))))
  }
  return deposits
}

async function scanned(provider: JsonRpcProvider, sql: Pool): Promise<void> {
  const head = await provider.getBlockNumber()
  await untilZero('scanned', async () => {
    const { rows } = await sql.query<{ cursor_number: string }>('SELECT cursor_number FROM chain_state')
    return Math.max(0, head - Number(rows[0]?.cursor_number ?? 0))
  })
}

async function untilZero(what: string, ask: () => Promise<number>): Promise<void> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS
  let left = await ask()
  while (left > 0) {
    if (Date.now() > deadline) throw new Error(`${left} are not ${what} after ${SETTLE_TIMEOUT_MS / 1_000} s`)
    await sleep(POLL_MS)
    left = await ask()
  }
}
