import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { type CollectionBacklog, collectionBacklog } from '@ctrip/db/sweeps/collection-backlog'
import { countCollectionWaits } from '@ctrip/db/sweeps/collection-waits'
import { type SweepAlarms, sweepAlarms } from '@ctrip/db/sweeps/sweep-alarms'
import { countSweepWaits, readShortage } from '@ctrip/db/sweeps/sweep-waits'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import type { SweepContext } from './context/sweep-context'
import {
  gasWalletBalance,
  gasWalletMissing,
  sweepBacklog,
  sweepHalted,
  sweepsWaiting,
  sweepUnderivable,
  sweepUnsweptValue,
  sweepWaiting,
} from './metrics'

const INTERVAL_MS = 5_000
const GAUGES = [
  sweepBacklog,
  sweepUnsweptValue,
  gasWalletBalance,
  gasWalletMissing,
  sweepsWaiting,
  sweepWaiting,
  sweepHalted,
  sweepUnderivable,
]

/** Shown as 0 from the start, so that the first is seen. */
const REASONS_NOT_TO_SIGN: readonly WaitReason[] = [
  'gas_wallet_low',
  'gas_price_too_high',
  'fee_too_high',
  'fees_unknown',
]

/** Reasons that only a person can end. Shown as 0 from the start, so that the first is seen. */
const REASONS_FOR_PEOPLE: readonly WaitReason[] = [
  'failed_too_often',
  'transfer_refused',
  'balance_unreadable',
  'asset_not_configured',
]

interface ChainReport {
  readonly context: SweepContext
  readonly backlog: readonly CollectionBacklog[]
  readonly alarms: SweepAlarms
  readonly waits: ReadonlyMap<WaitReason, number>
  readonly unplanned: ReadonlyMap<WaitReason, number>
  readonly missing: Amount
  /** In units of native coin; null where no provider told. */
  readonly gasWallet: number | null
}

/** Reports what waits to be collected, and what is there to pay for it: of the chains that this process leads, so that replicas do not report it twice. */
export function collectionGauges(ledChains: () => readonly SweepContext[], log: Logger): WorkLoop {
  return workLoop({
    name: 'collection_gauges',
    intervalMs: INTERVAL_MS,
    log,
    run: async () => {
      const reports = await Promise.all(ledChains().map(read))
      for (const gauge of GAUGES) gauge.reset()
      for (const report of reports) show(report)
      return 'idle'
    },
  })
}

async function read(context: SweepContext): Promise<ChainReport> {
  const { db, config } = context
  const [backlog, alarms, waits, unplanned, shortage, gasWallet] = await Promise.all([
    collectionBacklog(db, config.chainId),
    sweepAlarms(db, config.chainId),
    countSweepWaits(db.prisma, config.chainId),
    countCollectionWaits(db.prisma, config.chainId),
    readShortage(db.prisma, config.chainId),
    readGasWallet(context),
  ])
  return { context, backlog, alarms, waits, unplanned, missing: shortage?.missing ?? ZERO, gasWallet }
}

/** A chain that cannot be asked must not silence what is known of it and of the others. */
async function readGasWallet({ chain, config, keys, log }: SweepContext): Promise<number | null> {
  try {
    return Number(await chain.balance(keys.gasWallet.address)) / 10 ** config.native.decimals
  } catch (err) {
    if (!(err instanceof RetryableRpcError)) throw err
    log.warn({ err, chain: config.name }, 'sweeper.gas_wallet_unread')
    return null
  }
}

function show({ context, backlog, alarms, waits, unplanned, missing, gasWallet }: ChainReport): void {
  const { name: chain, native, tokens } = context.config
  for (const { symbol: asset } of [native, ...tokens]) {
    sweepBacklog.set({ chain, asset }, 0)
    sweepUnsweptValue.set({ chain, asset }, 0)
  }
  for (const { assetSymbol: asset, addresses, value } of backlog) {
    sweepBacklog.set({ chain, asset }, addresses)
    sweepUnsweptValue.set({ chain, asset }, value)
  }
  sweepHalted.set({ chain }, alarms.halted ? 1 : 0)
  sweepUnderivable.set({ chain }, alarms.underivable)
  for (const reason of REASONS_NOT_TO_SIGN) sweepsWaiting.set({ chain, reason }, 0)
  for (const [reason, sweeps] of waits) sweepsWaiting.set({ chain, reason }, sweeps)
  for (const reason of REASONS_FOR_PEOPLE) sweepWaiting.set({ chain, reason }, 0)
  for (const [reason, addresses] of unplanned) sweepWaiting.set({ chain, reason }, addresses)
  gasWalletMissing.set({ chain }, Number(missing) / 10 ** native.decimals)
  if (gasWallet !== null) gasWalletBalance.set({ chain }, gasWallet)
}
