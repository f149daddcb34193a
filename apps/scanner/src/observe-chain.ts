import type { ChainConfig } from '@ctrip/chain/chain-config'
import { agreedHead, type BlockClaim, type HeadAnswer } from '@ctrip/chain/head'
import {
  type CyclesSeen,
  type HeadsSeen,
  readFactsOf,
  recordCycles,
  recordHeads,
} from '@ctrip/db/chains/chain-observations'
import type { Database } from '@ctrip/db/database/database'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { describeFailure } from './cycle-failure'
import * as metrics from './metrics'

const OBSERVE_MS_MIN = 1_000
const OBSERVE_MS_MAX = 4_000
/** A standby asks by itself where nobody else has recorded anything for so many intervals. */
const SILENT_INTERVALS = 3

/** The reports of a scan cycle while it works. None of them waits for the database. */
export interface CycleReport {
  /** The heads that the cycle has just asked for. */
  heads(claims: readonly BlockClaim[]): void
  /** Names the step that begins now, such as `block 124`, for the message if it fails. */
  step(what: string): void
  /** The cycle is at the head, or has come closer to it. */
  succeeded(): void
  /** The cycle ended where it began, below the head, for this reason. */
  waited(reason: string): void
  failed(error: unknown): void
}

export interface ChainObserver {
  readonly report: CycleReport
  start(): void
  stop(): Promise<void>
}

export interface ChainObserverOptions {
  readonly chain: ChainConfig
  readonly db: Database
  readonly log: Logger
  /** Asks every provider for its head. */
  readonly ask: (signal: AbortSignal) => Promise<readonly HeadAnswer[]>
  /** Whether this process is the chain's writer. */
  readonly isWriter: () => boolean
}

/**
 * Records the heads of a chain and how its cycles end: in a loop of its own, so that the truth about a chain that stands still
 * neither waits for a cycle nor needs one to succeed. The writer records what its cycles hear and asks where they are silent;
 * a standby asks when nobody has recorded anything for a while.
 */
export function observeChain(options: ChainObserverOptions): ChainObserver {
  const { chain, db, log } = options
  const intervalMs = Math.min(OBSERVE_MS_MAX, Math.max(OBSERVE_MS_MIN, chain.blockTimeMs / 2))
  const heard = cycleMemory()
  const loop: WorkLoop = workLoop({ name: `observe:${chain.name}`, job: 'observe_chain', intervalMs, log, run })

  async function run(signal: AbortSignal): Promise<'idle'> {
    const isWriter = options.isWriter()
    if (isWriter || (await isSilent())) {
      const claims = heard.claims(2 * intervalMs)
      const isComplete = claims !== null && claims.answers.length === chain.providers.length
      await recordHeads(db, chain, isComplete ? toSeen(claims.answers, claims.ageMs) : await askNow(signal))
    }
    const cycles = heard.cycles()
    if (isWriter && cycles !== null) await recordCycles(db, chain, cycles)
    return 'idle'
  }

  async function askNow(signal: AbortSignal): Promise<HeadsSeen> {
    const askedAt = performance.now()
    const answers = await options.ask(signal)
    return toSeen(answers, performance.now() - askedAt)
  }

  function toSeen(answers: readonly HeadAnswer[], ageMs: number): HeadsSeen {
    const head = agreedHead(
      answers.flatMap(({ claim }) => claim ?? []),
      chain.quorum,
    )
    if (head !== null) metrics.chainHead.set({ chain: chain.name, tag: 'latest' }, head.number)
    return {
      ageMs,
      head: head === null ? null : { number: head.number, time: new Date(head.timestamp * 1000) },
      providers: answers.map(({ provider, claim, error }) => ({ name: provider, head: claim?.number ?? null, error })),
    }
  }

  async function isSilent(): Promise<boolean> {
    const { at, observation } = await db.query('chain_observations.read', (prisma) =>
      readFactsOf(prisma, chain.chainId),
    )
    return observation === null || at.getTime() - observation.askedAt.getTime() > SILENT_INTERVALS * intervalMs
  }

  return { report: heard.report, start: loop.start, stop: loop.stop }
}

interface Failure {
  readonly step: string
  readonly reason: string
  readonly sinceMs: number
  readonly count: number
}

/** The newest heads that cycles heard, and how they end. */
function cycleMemory() {
  let heads: { readonly answers: readonly HeadAnswer[]; readonly atMs: number } | null = null
  let step = 'reading the heads'
  let failure: Failure | null = null
  let succeededMs: number | null = null

  function fail(reason: string): void {
    // Another step than before: what failed then has succeeded since.
    const before = failure?.step === step ? failure : null
    failure = { step, reason, sinceMs: before?.sinceMs ?? performance.now(), count: (before?.count ?? 0) + 1 }
  }

  const report: CycleReport = {
    heads(claims) {
      heads = {
        answers: claims.map((claim) => ({ provider: claim.provider, claim, error: null })),
        atMs: performance.now(),
      }
    },
    step(what) {
      step = what
    },
    succeeded() {
      failure = null
      succeededMs = performance.now()
    },
    waited: (reason) => fail(`${step}: ${reason}`),
    failed: (error) => fail(describeFailure(step, error)),
  }

  return {
    report,
    claims(ageMsMax: number): { readonly answers: readonly HeadAnswer[]; readonly ageMs: number } | null {
      const ageMs = heads === null ? Number.POSITIVE_INFINITY : performance.now() - heads.atMs
      return heads === null || ageMs > ageMsMax ? null : { answers: heads.answers, ageMs }
    },
    cycles(): CyclesSeen | null {
      const now = performance.now()
      if (failure !== null)
        return { kind: 'failed', forMs: now - failure.sinceMs, reason: failure.reason, count: failure.count }
      return succeededMs === null ? null : { kind: 'succeeded', ageMs: now - succeededMs }
    },
  }
}
