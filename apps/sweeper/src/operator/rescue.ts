import { answerOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { isolate } from '../context/isolate'
import type { Round } from '../context/round'
import { writeSweeps } from '../plan/write-sweeps'
import { quoteRescue } from './quote-rescue'
import { renderRescue } from './render-answers'

/**
 * Plans the sweeps that an operator has confirmed: from there on they are sweeps like any other, with nonces of the same
 * line. Plan and answer are one commit: killed before it, nothing has happened, and the next round does it; after it,
 * the request is done, and its addresses are held or empty, so that asking again collects nothing twice.
 * Returns how many sweeps were planned.
 */
export async function rescue(round: Round): Promise<number> {
  const { config, db, log } = round
  const request = await nextSweeperRequest(db.prisma, config.chainId, 'rescue')
  if (request === null) return 0
  const quote = await isolate(round, { request: request.kind }, () => quoteRescue(round, request.terms))
  if (quote === null) return 0
  if (quote.kind === 'impossible' || quote.proposals.length === 0) {
    await commit(round, 'sweep.rescue', (tx) => answerOperatorRequest(tx, request.id, renderRescue(quote)))
    return 0
  }
  const sweeps = await writeSweeps(round, quote.proposals, (tx, planned) =>
    answerOperatorRequest(tx, request.id, { ...renderRescue(quote), sweep_ids: planned.map(({ id }) => id) }),
  )
  log.info({ chain: config.name, contract: quote.asset.contract, sweeps: sweeps.length }, 'sweep.rescue')
  return sweeps.length
}
