import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { z } from 'zod'

/** The `previous` of the first entry. */
const FIRST_PREVIOUS = '0'.repeat(64)
const LINE_FEED = 10
const NO_ENTRY = 'is not an entry, or its hash is not that of its contents'
const HASH_SUFFIX = /,"hash":"([0-9a-f]{64})"}$/

const common = {
  sequence: z.int().min(1),
  at: z.iso.datetime(),
  /** The hash of the entry before. */
  previous: z.string(),
  chain_id: z.int(),
  account: z.string(),
  nonce: z.int(),
  /** The hash that was signed, and the signature: r, s and the parity of y. */
  digest: z.string(),
  signature: z.string(),
}

/** One signature. `repeat` names the answer to a request that was answered before, with the same signature. */
export const logEntry = z.discriminatedUnion('kind', [
  z.object({
    ...common,
    kind: z.literal('transaction'),
    shape: z.string(),
    account_kind: z.enum(['gas_wallet', 'deposit']),
    to: z.string().nullable(),
    value: z.string(),
    data_sha256: z.string(),
    gas_limit: z.string(),
    gas_price: z.string(),
    tx_hash: z.string(),
    /** Of a deployment: the address of the contract, and the treasury that it pays for ever. */
    contract: z.string().nullable(),
    treasury: z.string().nullable(),
  }),
  z.object({ ...common, kind: z.literal('authorization'), to: z.string() }),
  z.object({ ...common, kind: z.literal('repeat') }),
])
export type LogEntry = z.output<typeof logEntry>

export type VerifiedLog =
  | { readonly ok: true; readonly entries: number; readonly head: string; readonly tornBytes: number }
  | { readonly ok: false; readonly line: number; readonly problem: string }

/** An entry as its line, without the line feed, and the hash that the next entry names. */
export function sealEntry(entry: LogEntry): { readonly line: string; readonly hash: string } {
  const body = JSON.stringify(entry)
  const hash = hashOf(body)
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash }
}

/**
 * Reads a log from its start and checks each hash, each link to the entry before and each sequence number. A last line without a line
 * feed is `tornBytes`: the process died while it wrote, and has returned no signature for it. A log whose end was cut off after a
 * line feed verifies: compare `entries` and `head` with those that the signer reported.
 */
export async function verifyLog(path: string, onEntry?: (entry: LogEntry) => void): Promise<VerifiedLog> {
  let entries = 0
  let head = FIRST_PREVIOUS
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path)) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      const read = readEntry(rest.subarray(0, end).toString())
      const problem = problemOf(read, entries, head)
      if (read === null || problem !== null) return { ok: false, line: entries + 1, problem: problem ?? NO_ENTRY }
      rest = rest.subarray(end + 1)
      entries++
      head = read.hash
      onEntry?.(read.entry)
    }
  }
  return { ok: true, entries, head, tornBytes: rest.length }
}

interface ReadEntry {
  readonly entry: LogEntry
  readonly hash: string
}

function problemOf(read: ReadEntry | null, entries: number, head: string): string | null {
  if (read === null) return NO_ENTRY
  if (read.entry.previous !== head) return 'does not follow the entry before it'
  const { sequence } = read.entry
  return sequence === entries + 1 ? null : `has sequence ${sequence} instead of ${entries + 1}`
}

function readEntry(line: string): ReadEntry | null {
  const [suffix, hash] = HASH_SUFFIX.exec(line) ?? []
  if (suffix === undefined || hash === undefined) return null
  const body = `${line.slice(0, -suffix.length)}}`
  if (hashOf(body) !== hash) return null
  const parsed = logEntry.safeParse(parseJson(body))
  return parsed.success ? { entry: parsed.data, hash } : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
