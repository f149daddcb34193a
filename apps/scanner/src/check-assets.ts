import type { ChainConfig, TokenConfig } from '@ctrip/chain/chain-config'
import { judgeToken } from '@ctrip/chain/checks/judge-token'
import type { Judgement } from '@ctrip/chain/checks/judgement'
import { judgeLedger, type LedgerFigures, readLedgers } from '@ctrip/chain/checks/shared-ledgers'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readTokenFacts } from '@ctrip/chain/token-facts'
import { recordAssetCheck } from '@ctrip/db/chains/asset-checks'
import type { Database } from '@ctrip/db/database/database'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { assetRefused } from './metrics'

const LOOK_EVERY_MS = 2_000
const CHECKED_FOR_MS = 600_000

export interface CheckAssetsDeps {
  readonly chain: ChainConfig
  readonly pool: RpcPool
  readonly db: Database
  readonly log: Logger
}

/**
 * Holds each configured token against its contract and records the result: the API asks for no payment in a token that was not compared,
 * that is another one, or that is a second contract of the ledger of a token before it. Transfers that were already paid are recorded anyway. Every replica checks; the results are alike.
 */
export function checkAssets(deps: CheckAssetsDeps): WorkLoop {
  const checkedAt = new Map<TokenConfig, number>()
  return workLoop({
    name: `assets:${deps.chain.name}`,
    job: 'check_assets',
    intervalMs: LOOK_EVERY_MS,
    log: deps.log,
    async run(signal) {
      const due = deps.chain.tokens.filter((token) => Date.now() - (checkedAt.get(token) ?? 0) >= CHECKED_FOR_MS)
      if (due.length === 0) return 'idle'
      const checked = await checkTokens(deps, due, signal)
      for (const token of checked) checkedAt.set(token, Date.now())
      return 'idle'
    },
  })
}

/** Returns those that could be asked; of the others the earlier results stand. */
export async function checkTokens(
  deps: CheckAssetsDeps,
  tokens: readonly TokenConfig[],
  signal: AbortSignal,
): Promise<TokenConfig[]> {
  const figures = await orUnchecked(deps, {}, () => readLedgers(deps.pool, deps.chain, { signal }))
  if (figures === null) return []
  const checked: TokenConfig[] = []
  for (const token of tokens) {
    const isChecked = await orUnchecked(deps, { asset: token.symbol }, () => checkToken(deps, token, figures, signal))
    if (isChecked !== null) checked.push(token)
  }
  return checked
}

async function checkToken(
  deps: CheckAssetsDeps,
  token: TokenConfig,
  figures: readonly LedgerFigures[],
  signal: AbortSignal,
): Promise<true> {
  const { chain, pool, db } = deps
  const own = judgeToken(token, await readTokenFacts(pool, token.contract, chain.quorum, { signal }))
  const judgement = own.verdict === 'fault' ? own : (judgeLedger(token, figures) ?? own)
  const { verdict, detail } = judgement
  const reason = verdict === 'ok' ? null : detail
  await recordAssetCheck(db, chain.chainId, { contract: token.contract, decimals: token.decimals, verdict, reason })
  tell(deps, token, judgement)
  return true
}

async function orUnchecked<T>(
  { chain, log }: CheckAssetsDeps,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RetryableRpcError || error instanceof PermanentRpcError)) throw error
    log.warn({ chain: chain.name, ...subject, err: error }, 'scanner.asset_unchecked')
    return null
  }
}

function tell({ chain, log }: CheckAssetsDeps, { symbol }: TokenConfig, judgement: Judgement): void {
  const { verdict, detail, remedy } = judgement
  assetRefused.set({ chain: chain.name, asset: symbol }, verdict === 'fault' ? 1 : 0)
  const fields = { chain: chain.name, asset: symbol, reason: detail, remedy }
  if (verdict === 'fault') log.error(fields, 'scanner.asset_refused')
  if (verdict === 'warning') log.warn(fields, 'scanner.asset_doubtful')
}
