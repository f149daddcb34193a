import { z } from 'zod'
import type { Answer, Behaviour } from './rpc-proxy'

/** Changes the results of one method. */
export function changing(method: string, change: (result: unknown) => unknown): Behaviour {
  return async (request, ask) => {
    const answer = await ask(request)
    return request.method === method && isResult(answer) ? { result: change(answer.result) } : answer
  }
}

export function failing(method: string | RegExp, answer: Answer): Behaviour {
  return (request, ask) => (request.method.match(method) ? answer : ask(request))
}

export function nullFor(number: string): Behaviour {
  return (request, ask) => (request.params[0] === number ? { result: null } : ask(request))
}

/** Knows of everything but the newest blocks. */
export function lagging(blocks: number): Behaviour {
  return async (request, ask) => {
    const latest = await ask({ ...request, method: 'eth_blockNumber', params: [] })
    const number = Number(isResult(latest) ? latest.result : 0) - blocks
    if (request.params[0] === 'latest')
      return ask({ ...request, params: [`0x${number.toString(16)}`, request.params[1]] })
    const tooNew = request.method === 'eth_getBlockByNumber' && Number(request.params[0]) > number
    return tooNew ? { result: null } : ask(request)
  }
}

/** Says that other blocks stand at these heights, where only the headers are asked for. */
export function foreignHashes(): Behaviour {
  return async (request, ask) => {
    const answer = await ask(request)
    const changes = request.method === 'eth_getBlockByNumber' && request.params[1] === false && isResult(answer)
    return changes ? { result: { ...z.looseObject({}).parse(answer.result), hash: `0x${'ab'.repeat(32)}` } } : answer
  }
}

/** Another branch, taken on its word: header and hash do not fit, so that it is refused, and named as the head all the same. */
export function otherParent(): Behaviour {
  return changing('eth_getBlockByNumber', (block) => ({
    ...z.looseObject({}).parse(block),
    ...{ hash: `0x${'cd'.repeat(32)}`, parentHash: `0x${'ef'.repeat(32)}` },
  }))
}

function isResult(answer: Answer): answer is { readonly result: unknown } {
  return typeof answer === 'object' && 'result' in answer && answer.result !== null
}

export function withTransactions(
  block: unknown,
  change: Record<string, unknown>,
  header: Record<string, unknown> = {},
): unknown {
  const { transactions, ...rest } = z.looseObject({ transactions: z.array(z.unknown()) }).parse(block)
  const full = transactions.every((transaction) => typeof transaction === 'object')
  return { ...rest, ...header, transactions: full ? mapObjects(transactions, change) : transactions }
}

export function mapObjects(list: unknown, change: Record<string, unknown>): unknown[] {
  return z
    .array(z.looseObject({}))
    .parse(list)
    .map((one) => ({ ...one, ...change }))
}

/** The second, over what the first makes of it. */
export function both(first: Behaviour, second: Behaviour): Behaviour {
  return (request, ask) => second(request, async (asked) => first(asked, ask))
}
