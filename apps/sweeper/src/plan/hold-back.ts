import { countSweepWaits } from '@ctrip/db/sweeps/sweep-waits'
import type { Inquiry } from '../context/round'
import type { Proposal } from './choose-strategies'
import type { WaitingMoney } from './quote-money'

/** So many planned sweeps may wait for the gas wallet: enough to say what it lacks, few enough that sweeps which pay for themselves are not crowded out. */
const WAITING_FOR_GAS_WALLET_MAX = 200

/** Leaves money unplanned that the gas wallet would have to pay for, while enough sweeps wait for it already. */
export async function holdBack(
  { config, db }: Inquiry,
  proposals: readonly Proposal[],
): Promise<{ readonly proposals: readonly Proposal[]; readonly waits: readonly WaitingMoney[] }> {
  const waiting = (await countSweepWaits(db.prisma, config.chainId)).get('gas_wallet_low') ?? 0
  if (waiting < WAITING_FOR_GAS_WALLET_MAX) return { proposals, waits: [] }
  const held = proposals.filter(({ strategy }) => strategy !== 'native')
  return {
    proposals: proposals.filter(({ strategy }) => strategy === 'native'),
    waits: held.flatMap(({ parts }) =>
      parts.map(({ money }) => ({
        kind: 'wait' as const,
        money,
        reason: 'gas_wallet_low' as const,
        failures: 0,
        why: '',
      })),
    ),
  }
}
