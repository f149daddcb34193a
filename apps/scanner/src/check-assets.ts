import type { ChainConfig, TokenConfig } from '@ctrip/chain/chain-config'
import { judgeToken } from '@ctrip/chain/checks/judge-token'
import type { Judgement } from '@ctrip/chain/checks/judgement'
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
 * or that is another one. Transfers that were already paid are recorded anyway. Every replica checks; the results are alike.
 */
export function checkAssets(deps: CheckAssetsDeps): WorkLoop {
  const checkedAt = new Map<TokenConfig, number>()
  return workLoop({
    name: `assets:${deps.chain.name}`,
    job: 'check_assets',
    intervalMs: LOOK_EVERY_MS,
    log: deps.log,
    async run(signal) {
      for (const token of deps.chain.tokens) {
        if (Date.now() - (checkedAt.get(token) ?? 0) < CHECKED_FOR_MS) continue
        if (await checkAsset(deps, token, signal)) checkedAt.set(token, Date.now())
      }
      return 'idle'
    },
  })
}

/** False where the contract could not be asked: then what was found before stands. */
export async function checkAsset(deps: CheckAssetsDeps, token: TokenConfig, signal: AbortSignal): Promise<boolean> {
  const { chain, pool, db, log } = deps
  try {
    const judgement = judgeToken(token, await readTokenFacts(pool, token.contract, chain.quorum, { signal }))
    const { verdict, detail } = judgement
    const reason = verdict === 'ok' ? null : detail
    await recordAssetCheck(db, chain.chainId, { contract: token.contract, decimals: token.decimals, verdict, reason })
    tell(deps, token, judgement)
    return true
  } catch (error) {
    if (!(error instanceof RetryableRpcError || error instanceof PermanentRpcError)) throw error
    log.warn({ chain: chain.name, asset: token.symbol, err: error }, 'scanner.asset_unchecked')
    return false
  }
}

function tell({ chain, log }: CheckAssetsDeps, { symbol }: TokenConfig, judgement: Judgement): void {
  const { verdict, detail, remedy } = judgement
  assetRefused.set({ chain: chain.name, asset: symbol }, verdict === 'fault' ? 1 : 0)
  const fields = { chain: chain.name, asset: symbol, reason: detail, remedy }
  if (verdict === 'fault') log.error(fields, 'scanner.asset_refused')
  if (verdict === 'warning') log.warn(fields, 'scanner.asset_doubtful')
}
