import type { ChainConfig } from '@ctrip/chain/chain-config'
import { checkChain, type Recorded } from '@ctrip/chain/checks/check-chain'
import { checkSharedTreasuriesOf } from '@ctrip/chain/checks/check-treasury'
import type { Check } from '@ctrip/chain/checks/judge-provider'
import { keptGenesis } from '@ctrip/db/chains/chain-identity'
import { readChainState } from '@ctrip/db/chains/chain-state'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { isDepositAddress } from '@ctrip/db/payments/deposit-owner'
import { messageOf } from '@ctrip/telemetry/errors'
import { redact } from '@ctrip/telemetry/redact'

/**
 * The one table of the outside world: providers, tokens and treasuries of the configured chains, held against the configuration, and
 * against the database where there is one. `config check --online` and `doctor` print it.
 */
export async function checkOutside(chains: readonly ChainConfig[], databaseUrl: string | undefined): Promise<Check[]> {
  const shared = await checkSharedTreasuriesOf(chains)
  if (databaseUrl === undefined)
    return [...(await Promise.all(chains.map((chain) => checkChain(chain, NOTHING)))).flat(), ...shared]
  const db = openDatabase({ url: databaseUrl, applicationName: 'ctrip-check', poolSize: 1, slowQueryMs: 5_000 })
  try {
    const checks = await Promise.all(chains.map((chain) => checkRecorded(db, chain)))
    return [...checks.flat(), ...shared]
  } finally {
    await db.close()
  }
}

const NOTHING: Recorded = { genesis: null, cursor: null }

async function checkRecorded(db: Database, chain: ChainConfig): Promise<Check[]> {
  try {
    const state = await db.query('check.chain_state', (prisma) => readChainState(prisma, chain.chainId))
    const genesis = await keptGenesis(db, chain.chainId).read()
    const checks = await checkChain(chain, { genesis, cursor: state?.cursor.number ?? null })
    const isOurs = await db.query('check.treasury', (prisma) => isDepositAddress(prisma, chain.treasury))
    return isOurs ? [...checks, depositTreasury(chain)] : checks
  } catch (error) {
    const detail = `the database could not be asked: ${redact(messageOf(error)).replace(/\s+/g, ' ').trim()}`
    const remedy = 'is DATABASE_URL right, and is the database migrated? See ctrip doctor'
    const unrecorded = { subject: chain.name, check: 'database', verdict: 'warning' as const, detail, remedy }
    return [...(await checkChain(chain, NOTHING)), unrecorded]
  }
}

function depositTreasury({ name }: ChainConfig): Check {
  const detail = 'it is a deposit address of a payment: each sweep would be swept again, without end'
  return { subject: `${name}/treasury`, check: 'owner', verdict: 'fault', detail, remedy: 'use an address of your own' }
}
