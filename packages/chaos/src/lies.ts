import { keccak256 } from 'ethers'
import type { Random } from './random'

const LIE_PROBABILITY = 0.5
const SOME_WEI = '0x38d7ea4c68000'

/** Facts about us that a liar knows, so that it lies where it would profit. */
export interface Lies {
  /** A deposit address that waits for money, or null before there is one. */
  someDepositAddress(): string | null
  hashOf(raw: string): string
}

export function liesAbout(addresses: () => readonly string[], random: Random): Lies {
  return {
    someDepositAddress: () => (addresses().length === 0 ? null : random.pick(addresses())),
    hashOf: (raw) => keccak256(raw),
  }
}

type Transaction = Record<string, unknown> & { value?: string; to?: string }
type Block = Record<string, unknown> & { transactions?: unknown[] }
type Receipt = Record<string, unknown> & { logs: unknown[]; status: string }
type Trace = { result: Record<string, unknown> & { calls?: unknown[]; from?: string } }

/** The node's response, changed to credit money that was not paid or to hide money that was. */
export function tamper(method: string, result: unknown, random: Random, lies: Lies): unknown {
  if (result === null || !random.chance(LIE_PROBABILITY)) return result
  switch (method) {
    case 'eth_getBlockByNumber':
    case 'eth_getBlockByHash':
      return inventPayment(result as Block, lies)
    case 'eth_getBlockReceipts':
      return random.chance(0.3) ? [] : hideLogs(result as Receipt[])
    case 'debug_traceBlockByHash':
      return inventCall(result as Trace[], lies)
    case 'eth_getTransactionReceipt':
      return random.chance(0.5) ? null : { ...(result as Receipt), status: '0x0' }
    case 'eth_getBalance':
      return SOME_WEI
    case 'eth_getTransactionCount':
      return random.chance(0.2) ? '0x0' : result
    default:
      return result
  }
}

function inventPayment(block: Block, lies: Lies): Block {
  const [first, ...rest] = block.transactions ?? []
  const to = lies.someDepositAddress()
  if (typeof first !== 'object' || to === null) return block
  return { ...block, transactions: [{ ...(first as Transaction), to, value: SOME_WEI }, ...rest] }
}

function hideLogs(receipts: readonly Receipt[]): Receipt[] {
  return receipts.map((receipt) => ({ ...receipt, logs: receipt.logs.slice(0, -1) }))
}

function inventCall(traces: readonly Trace[], lies: Lies): Trace[] {
  const to = lies.someDepositAddress()
  if (to === null) return [...traces]
  return traces.map(({ result, ...rest }) => {
    const call = { type: 'CALL', from: result.from, to, value: SOME_WEI, gas: '0x0', gasUsed: '0x0', input: '0x' }
    return { ...rest, result: { ...result, calls: [...(result.calls ?? []), call] } }
  })
}
