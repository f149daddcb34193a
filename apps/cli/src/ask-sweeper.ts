import { setTimeout as sleep } from 'node:timers/promises'
import { askSweeper, readAnswer } from '@ctrip/db/chains/operator-requests'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { appendAudit } from '@ctrip/db/merchants/audit-log'

const ANSWER_TIMEOUT_MS = 30_000
const POLL_MS = 250

type Question = Parameters<typeof askSweeper>[1]

/**
 * Has the sweeper, which alone holds keys and nonces, work something out or do it, and waits for its answer. `audit`: written
 * with the request, in one commit. What is not answered in time stays asked: of an order, that is said to the operator.
 */
export async function consultSweeper(
  db: Database,
  question: Question,
  audit: { readonly action: string; readonly target: string } | null = null,
): Promise<unknown> {
  const id = await transaction(db, 'operator_requests.ask', async (tx) => {
    const asked = await askSweeper(tx, question)
    if (audit !== null) {
      await appendAudit(tx, {
        ...audit,
        actor: 'ctrip',
        requestId: `operator-request-${asked}`,
        detail: question.terms,
      })
    }
    return asked
  })
  const deadline = Date.now() + ANSWER_TIMEOUT_MS
  while (Date.now() < deadline) {
    const found = await readAnswer(db.prisma, id)
    if (found !== null) return found.answer
    await sleep(POLL_MS)
  }
  const rest = audit === null ? '' : '; it will do it when it can, do not ask again'
  throw new Error(`the sweeper has not answered in ${ANSWER_TIMEOUT_MS / 1_000} s: is it running?${rest}`)
}
