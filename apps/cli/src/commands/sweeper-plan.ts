import { listChainStates } from '@ctrip/db/chains/chain-state'
import type { Command } from 'commander'
import { answersWith } from '../answer'
import { consultSweeper } from '../ask-sweeper'
import { withDatabase, withDatabaseOption } from '../database-option'
import { renderTable } from '../render/table'
import { inCoin, inUnits, type PlanAnswer, planSchema } from '../sweeper-answers'
import { findState } from './chains'

export function addPlanCommand(sweeper: Command): void {
  const plan = sweeper
    .command('plan')
    .description(
      'what would be swept now, how and at what cost, and what waits and why; signs nothing, works while paused',
    )
    .option('--chain <chain>', 'only this chain, by name or id')
  answersWith(withDatabaseOption(plan), async () => {
    const { chain } = plan.opts<{ chain?: string }>()
    const plans = await withDatabase(plan, async (db) => {
      const chains = chain === undefined ? await listChainStates(db.prisma) : [await findState(db, chain)]
      const answers = chains.map(async ({ chain: name, chainId }) => {
        const answer = await consultSweeper(db, { chainId, kind: 'plan', terms: {} })
        return { chain: name, plan: planSchema.parse(answer) }
      })
      return Promise.all(answers)
    })
    return {
      text: plans.map((one) => renderPlan(one.chain, one.plan)).join('\n'),
      json: plans.map(({ chain: name, plan: answer }) => ({ chain: name, ...answer })),
    }
  })
}

function renderPlan(chain: string, { sweeps, waiting, unsigned, gas_wallet: wallet }: PlanAnswer): string {
  const planned = sweeps.flatMap(({ strategy, fee_wei_each: fee, items }) =>
    items.map((item) => [strategy, item.payment_id, unitsOf(item), `fee ${inCoin(fee)}`]),
  )
  const waits = waiting.map((item) => ['waits', item.payment_id, unitsOf(item), `${item.reason}${nextTry(item)}`])
  const stuck = unsigned.map(({ sweep_id: id, reason }) => ['not signed', id, '', reason])
  const heading = `${chain}: ${sweeps.length} sweeps, ${waiting.length} wait, ${unsigned.length} planned and not signed`
  return [heading, ...renderWallet(wallet), renderTable([...planned, ...waits, ...stuck])].join('\n').trimEnd()
}

/** A number of mined failures after which nothing is signed is shown with the command that lifts it. */
function nextTry({ retry_at: at, failures, mined_failures: mined, reason }: PlanAnswer['waiting'][number]): string {
  if (reason === 'failed_too_often') return `: ${mined} transactions brought nothing; ctrip sweeper retry`
  if (at === null) return ''
  const tries = failures === 0 ? '' : ` after ${failures} ${failures === 1 ? 'try' : 'tries'}`
  return `, next try ${at.slice(0, 19).replace('T', ' ')} UTC${tries}`
}

function renderWallet(wallet: PlanAnswer['gas_wallet']): string[] {
  if (wallet === null) return []
  const lack = wallet.missing_wei === '0' ? '' : `, lacks ${inCoin(wallet.missing_wei)} for what waits`
  return [`gas wallet ${wallet.address}: ${inCoin(wallet.balance_wei)}${lack}`]
}

function unitsOf({ amount, asset }: PlanAnswer['waiting'][number] | PlanAnswer['sweeps'][number]['items'][number]) {
  return `${inUnits(amount, asset.decimals)} ${asset.symbol}`
}
