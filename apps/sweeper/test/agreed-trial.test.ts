import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { agreedTrial } from '../src/chain/agreed-trial'
import type { Trial } from '../src/chain/chain-access'

const works: Trial = { kind: 'works', gas: 50_000n, isSure: true, takesCode: true }
const unsure: Trial = { ...works, isSure: false }
const refused: Trial = { kind: 'refused', why: 'execution reverted' }
const silent = new RetryableRpcError('timeout', { chain: 'test', provider: 'a', method: 'eth_estimateGas', reason: '' })

/** The verdict on these responses, in the order of the providers, and the number of providers asked. */
async function tried(quorum: number, answers: readonly (Trial | RetryableRpcError)[]) {
  const asked: (string | undefined)[] = []
  const pool = { chain: 'test', ranking: () => answers.map((_, at) => String(at)), nobodyToAsk: () => silent }
  const outcome = await agreedTrial(pool, quorum, async ({ provider }) => {
    asked.push(provider)
    const answer = answers[Number(provider ?? 0)] ?? silent
    if (answer instanceof RetryableRpcError) throw answer
    return answer
  }).catch((error: unknown) => {
    if (error instanceof RetryableRpcError) return error.kind
    throw error
  })
  return { outcome, asked: asked.length }
}

describe('whether a transfer is refused, by what several providers say', () => {
  it.each<[string, number, readonly (Trial | RetryableRpcError)[], Trial | string, number]>([
    ['by the first, where one is enough', 1, [refused, works], refused, 1],
    ['not by one where another shows that it works', 2, [refused, works, refused], works, 3],
    ['by two that agree', 2, [refused, refused, silent], refused, 3],
    ['not by two of four while another may show that it works', 2, [refused, refused, silent, works], works, 4],
    ['by three of four, and the fourth is not asked', 2, [refused, refused, refused, works], refused, 3],
    ['by two, whoever cannot be asked', 2, [refused, silent, refused], refused, 3],
    ['not yet, by one where the others cannot be asked', 2, [refused, silent, silent], 'unverified', 3],
    ['not, where two show that it works, and the fourth is not asked', 2, [works, refused, works, refused], works, 3],
    ['not, where a later one is surer than the first', 2, [unsure, refused, works], works, 3],
    ['not for sure, where none is surer', 2, [unsure, refused], unsure, 2],
    ['not, where nobody can be asked', 2, [silent, silent], 'timeout', 2],
    ['not, where there is nobody to ask', 2, [], 'timeout', 0],
  ])('is told %s', async (_name, quorum, answers, outcome, asked) => {
    expect(await tried(quorum, answers)).toEqual({ outcome, asked })
  })

  it.each<[string, readonly bigint[], bigint]>([
    ['which inflates it thirty times', [50_000n, 1_500_000n, 50_100n], 50_100n],
    ['which inflates it beyond a block, first of all asked', [30_000_000n, 50_000n, 50_100n], 50_100n],
    ['which understates it', [50_000n, 21_000n, 50_100n], 50_000n],
    ['which inflates it, of two', [1_500_000n, 50_000n], 50_000n],
    ['which inflates it, where a third shows nothing', [1_500_000n, 50_000n, 0n], 50_000n],
  ])('takes gas by the median, not by a provider %s', async (_name, gas, median) => {
    const answers = gas.map((one) => (one === 0n ? silent : { ...works, gas: one }))
    expect((await tried(2, answers)).outcome).toEqual({ ...works, gas: median })
  })

  it('keeps senders with code out where one provider saw them refused', async () => {
    const { outcome } = await tried(2, [works, { ...works, takesCode: false }, works])
    expect(outcome).toEqual({ ...works, takesCode: false })
  })
})
