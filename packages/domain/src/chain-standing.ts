/** One provider's newest block, or why it did not say. */
export interface ProviderHead {
  readonly name: string
  readonly head: number | null
  readonly error: string | null
}

/** The scanners' last observation of a chain. */
export interface ChainObservation {
  readonly blockTimeMs: number
  readonly triedSince: Date
  readonly askedAt: Date
  /** The newest block that as many providers as the quorum have reached. */
  readonly head: { readonly number: number; readonly time: Date; readonly readAt: Date } | null
  /** Since when the head is not the cursor. */
  readonly apartSince: Date | null
  readonly providers: readonly ProviderHead[]
  readonly succeededAt: Date | null
  /** Why each cycle since then has failed. */
  readonly failure: { readonly since: Date; readonly reason: string; readonly count: number } | null
}

/** A chain's progress at one moment, by the database's clock. */
export interface ChainFacts {
  readonly at: Date
  /** The newest block committed; null before the first. */
  readonly cursor: { readonly number: number; readonly time: Date; readonly movedAt: Date } | null
  readonly haltedReason: string | null
  /** Null: no scanner has asked a provider of this chain yet. */
  readonly observation: ChainObservation | null
}

/** Why a chain cannot be read, in a sentence for people: no URL, no secret. */
export interface Stall {
  readonly since: Date
  readonly reason: string
  readonly providers: readonly ProviderHead[]
}

/** Newer blocks by the word of fewer providers than count, while others respond with older ones. */
export interface HeadClaim {
  readonly block: number
  /** The providers that claim to be so far. */
  readonly providers: readonly string[]
}

export interface ChainStanding {
  /** The newest block that as many providers as the quorum have reached; null where no provider has said. */
  readonly headBlock: number | null
  /**
   * Blocks up to that one that are not committed. Null where no head is known, nothing has been committed, or the cursor is at the head
   * and a provider claims to be far above it: then nobody knows whether there is a lag.
   */
  readonly lagBlocks: number | null
  /** The word of a provider that runs far ahead of the others; it moves no head above a quorum of one. Null where none does. */
  readonly headClaim: HeadClaim | null
  /** The last observation of each provider. An excluded one has the reason as its error. Empty before the first observation. */
  readonly providers: readonly ProviderHead[]
  /** How much older the newest committed block is than the newest known one. */
  readonly lagSeconds: number | null
  /** Seconds since a head was last read: the age of all of the above. */
  readonly headAgeSeconds: number | null
  /** When a cycle last succeeded; before the first, since when that is tried. */
  readonly lastSuccess: Date | null
  /** Null while the chain is read, and while it is halted, which has a reason of its own. */
  readonly stalled: Stall | null
  /** The cursor moves, far behind the head. */
  readonly catchingUp: boolean
}

const STALL_BLOCKS = 5
const STALL_MS_MIN = 30_000

/** How long a chain may stand still before it counts as stalled. */
export function stallPatienceMs(blockTimeMs: number): number {
  return Math.max(STALL_BLOCKS * blockTimeMs, STALL_MS_MIN)
}

const OLD_HEAD_BLOCKS = 20
const OLD_HEAD_MS_MIN = 120_000

/**
 * How old the newest block may become before the chain counts as stalled. Generous, so that a quiet chain raises no alarm; one
 * that makes blocks only on demand needs a block_time_ms as long as its pauses.
 */
export function oldHeadPatienceMs(blockTimeMs: number): number {
  return Math.max(OLD_HEAD_BLOCKS * blockTimeMs, OLD_HEAD_MS_MIN)
}

/**
 * The standing of a chain: the one source of lag and stall for the API, the timeline, `ctrip doctor` and the gauges, so that they
 * cannot disagree.
 */
export function chainStanding(facts: ChainFacts): ChainStanding {
  const { at, cursor, observation } = facts
  const head = observation?.head ?? null
  const blockTimeMs = observation?.blockTimeMs ?? 0
  const patienceMs = stallPatienceMs(blockTimeMs)
  const stalled = facts.haltedReason === null ? findStall(facts, patienceMs) : null
  const headClaim = observation === null ? null : findHeadClaim(observation)
  const lag = head === null || cursor === null ? null : Math.max(0, head.number - cursor.number)
  const lagBlocks = lag === 0 && headClaim !== null ? null : lag
  return {
    headBlock: head === null ? null : newestKnown(head.number, cursor?.number ?? null, stalled),
    lagBlocks,
    headClaim,
    providers: observation?.providers ?? [],
    lagSeconds: lagBlocks === null ? null : secondsBehind(facts, lagBlocks),
    headAgeSeconds: head === null ? null : secondsBetween(head.readAt, at),
    lastSuccess: observation === null ? null : (observation.succeededAt ?? observation.triedSince),
    stalled,
    catchingUp: stalled === null && lagBlocks !== null && lagBlocks * blockTimeMs > patienceMs,
  }
}

/**
 * The claim of the providers that are further above the head that counts than providers of one chain are in ordinary times. With a
 * quorum of one every head counts, so the furthest is compared with the second.
 */
function findHeadClaim({ head, providers, blockTimeMs }: ChainObservation): HeadClaim | null {
  const known = providers.flatMap((provider) => (provider.head === null ? [] : [{ ...provider, head: provider.head }]))
  const [first, second] = known.map((provider) => provider.head).sort((a, b) => b - a)
  if (head === null || first === undefined || second === undefined) return null
  const counted = Math.min(head.number, second)
  const margin = stallPatienceMs(blockTimeMs) / Math.max(1, blockTimeMs)
  const ahead = known.filter((provider) => provider.head - counted > margin)
  return ahead.length === 0 ? null : { block: first, providers: ahead.map(({ name }) => name) }
}

// A cursor that has just passed the last observation is no contradiction; a head that stays below it is one.
function newestKnown(head: number, cursor: number | null, stalled: Stall | null): number {
  return stalled === null ? Math.max(head, cursor ?? 0) : head
}

function secondsBehind({ cursor, observation }: ChainFacts, lagBlocks: number): number {
  const head = observation?.head
  return lagBlocks === 0 || cursor === null || head == null ? 0 : secondsBetween(cursor.time, head.time)
}

/** The first of the causes, from the outside inwards, that has lasted longer than it may. */
function findStall(facts: ChainFacts, patienceMs: number): Stall | null {
  const { at, observation } = facts
  if (observation === null) return null
  const hasLasted = (cause: Cause | null, ms: number) => cause !== null && at.getTime() - cause.since.getTime() > ms
  const causes = [unwatched(observation), headless(observation), apart(facts, observation), failing(observation)]
  const old = oldHead(observation)
  const cause =
    causes.find((found) => hasLasted(found, patienceMs)) ??
    (hasLasted(old, oldHeadPatienceMs(observation.blockTimeMs)) ? old : null)
  return cause === null ? null : { ...cause, providers: observation.providers }
}

type Cause = Omit<Stall, 'providers'>

function unwatched({ askedAt }: ChainObservation): Cause {
  return { since: askedAt, reason: 'no scanner has asked its providers since then' }
}

function headless({ triedSince, head, providers }: ChainObservation): Cause {
  const failed = providers.filter((provider) => provider.head === null)
  const causes = failed.map(({ name, error }) => `${name}: ${error ?? 'no answer'}`).join('; ')
  const who =
    failed.length === providers.length
      ? 'no provider answers'
      : `too few providers answer, ${providers.length - failed.length} of ${providers.length}`
  return { since: head?.readAt ?? triedSince, reason: causes === '' ? who : `${who} (${causes})` }
}

/** The cursor does not come to the head, or the head is below it. */
function apart({ cursor }: ChainFacts, observation: ChainObservation): Cause | null {
  const { head, apartSince, triedSince, failure } = observation
  if (head === null) return null
  if (cursor === null)
    return { since: triedSince, reason: failure?.reason ?? 'its first block has not been committed yet' }
  if (apartSince === null || head.number === cursor.number) return null
  const since = new Date(Math.max(apartSince.getTime(), cursor.movedAt.getTime()))
  if (head.number < cursor.number)
    return {
      since,
      reason: `the newest block of its providers is ${head.number}, below block ${cursor.number}, which was scanned: the chain was reset, or its nodes have lost data`,
    }
  return { since, reason: failure?.reason ?? 'the scanner commits no block' }
}

function failing({ failure }: ChainObservation): Cause | null {
  return failure === null ? null : { since: failure.since, reason: failure.reason }
}

/** The providers answer, and their newest block stays the same: a node that has lost its peers looks like this. */
function oldHead({ head, providers }: ChainObservation): Cause | null {
  if (head === null) return null
  const reason = `the newest block that its providers agree on (${head.number}) is from ${head.time.toISOString()}: the chain or its providers stand still`
  return { since: head.time, reason: `${reason}${whoIsBehind(head.number, providers)}` }
}

/** Each provider's block, where one claims to be well above the agreed head. That claim alone moves no head. */
function whoIsBehind(agreed: number, providers: readonly ProviderHead[]): string {
  const known = providers.flatMap(({ name, head }) => (head === null ? [] : [{ name, head }]))
  if (!known.some(({ head }) => head - agreed > STALL_BLOCKS)) return ''
  return ` (${known.map(({ name, head }) => `${name} is at ${head}`).join(', ')})`
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000)
}
