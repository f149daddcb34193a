import type { LogEntry } from '@ctrip/signer-protocol/signature-log'
import type { Signature } from './ethereum/transaction'
import type { Deployment } from './policy/judge'

/** A request that is repeated later than this many signatures is signed anew: by the same rule, with the same signature. */
const SIGNATURES_KEPT_MAX = 20_000
const WORD_DIGITS = 64

type Remembered =
  | Omit<Extract<LogEntry, { kind: 'transaction' }>, 'sequence' | 'previous'>
  | Omit<Extract<LogEntry, { kind: 'authorization' | 'repeat' }>, 'sequence' | 'previous'>

/** The signer's memory of its own log: recent signatures, and the contracts that it deployed. */
export interface SigningHistory {
  /** The signature that was made of this digest for this account; null where it was not signed, or too long ago. */
  signatureOf(account: string, digest: string): Signature | null
  deploymentsOn(chainId: number): readonly Deployment[]
  note(entry: Remembered): void
}

/** `known`: batchers that were deployed before this log began, by the operator's word. */
export function signingHistory(known: readonly ({ readonly chainId: number } & Deployment)[]): SigningHistory {
  const recent = new Map<string, Signature>()
  const deployments = [...known]
  return {
    signatureOf: (account, digest) => recent.get(`${account} ${digest}`) ?? null,
    deploymentsOn: (chainId) => deployments.filter((one) => one.chainId === chainId),
    note(entry) {
      recent.set(`${entry.account} ${entry.digest}`, readSignature(entry.signature))
      const oldest = recent.keys().next().value
      if (recent.size > SIGNATURES_KEPT_MAX && oldest !== undefined) recent.delete(oldest)
      if (entry.kind !== 'transaction') return
      const { contract: batcher, treasury } = entry
      if (batcher !== null && treasury !== null) deployments.push({ chainId: entry.chain_id, batcher, treasury })
    },
  }
}

function readSignature(text: string): Signature {
  const digits = text.slice(2)
  return {
    r: BigInt(`0x${digits.slice(0, WORD_DIGITS)}`),
    s: BigInt(`0x${digits.slice(WORD_DIGITS, 2 * WORD_DIGITS)}`),
    yParity: digits.endsWith('01') ? 1 : 0,
  }
}
