import type { ChainConfig } from '../chain-config'
import { type Identity, judgeIdentity } from './identity'
import { fault, type Judgement, ok, warning } from './judgement'
import type { Answered, ProviderFacts } from './survey-provider'

/** One line of the table: what was checked, and what was found. */
export interface Check extends Judgement {
  readonly subject: string
  readonly check: string
}

/** Knowledge beside the configuration. */
export interface Expectation {
  /** The first block that the database saw, or that other providers show; null where neither is known. */
  readonly genesis: Identity['genesis']
  /** How far the database has scanned; null where it is not known or nothing was scanned. */
  readonly cursor: number | null
  readonly now: Date
}

type Rules = Pick<
  ChainConfig,
  'name' | 'chainId' | 'internalTransfers' | 'confirmations' | 'finality' | 'blockTimeMs' | 'verify'
>

const HEAD_BLOCKS_LATE = 20
const HEAD_SECONDS_LATE = 60

/** Every judgement on one provider, the gravest reason not to use it first. Where it cannot be used at all, there is nothing more. */
export function judgeProvider(provider: string, facts: ProviderFacts, chain: Rules, expected: Expectation): Check[] {
  const subject = `${chain.name}/${provider}`
  const identity = judgeChain(facts, chain, expected)
  const first = { subject, check: 'chain', ...identity }
  if (identity.verdict === 'fault') return [first]
  return [
    first,
    { subject, check: 'head', ...judgeHead(facts, chain, expected) },
    { subject, check: 'blocks', ...judgeBlocks(facts, chain) },
    { subject, check: 'receipts', ...judgeReceipts(facts) },
    { subject, check: 'traces', ...judgeTraces(facts, chain) },
    { subject, check: 'finality', ...judgeTags(facts, chain) },
  ]
}

const ASK = 'is the URL right, is the provider up, is the key valid? See the runbook ChainRpcDown'

function judgeChain({ identity }: ProviderFacts, chain: Rules, expected: Expectation): Judgement {
  if (!identity.ok) return fault(identity.why, ASK)
  const admission = judgeIdentity(identity.value, { chainId: chain.chainId, genesis: expected.genesis })
  switch (admission.kind) {
    case 'excluded':
      return fault(
        admission.sentence,
        'correct the URL or the chain_id in chains.yaml; a reset test chain needs a new database',
      )
    case 'warning':
      return warning(
        admission.sentence,
        'a provider with the whole history can be told apart from another chain of the same id',
      )
    case 'ok':
      return ok(`chain ${identity.value.chainId}, first block ${(identity.value.genesis ?? '').slice(0, 10)}…`)
  }
}

function judgeHead({ head }: ProviderFacts, chain: Rules, { cursor, now }: Expectation): Judgement {
  if (!head.ok) return fault(head.why, ASK)
  const { number, timestamp } = head.value
  const ageSeconds = Math.max(0, Math.round(now.getTime() / 1000 - timestamp))
  const place = `block ${number}, ${ageSeconds} s old`
  if (cursor !== null && number < cursor)
    return fault(
      `${place}: below block ${cursor}, which is scanned already`,
      'wait for it to catch up, or was this chain reset?',
    )
  const lateSeconds = Math.max(HEAD_SECONDS_LATE, (HEAD_BLOCKS_LATE * chain.blockTimeMs) / 1000)
  if (ageSeconds > lateSeconds) return warning(`${place}: it is late`, 'does the provider still follow the chain?')
  return ok(place)
}

function judgeBlocks({ blocks, secondsPerBlock }: ProviderFacts, chain: Rules): Judgement {
  const failed = blocks.find((block) => !block.ok)
  if (failed !== undefined && !failed.ok) return fault(failed.why, 'nothing can be scanned through this provider')
  const proven = valuesOf(blocks).filter(({ trust }) => trust === 'proven').length
  const every = secondsPerBlock === null ? '' : `; a block every ${secondsPerBlock.toFixed(1)} s`
  const detail = `${proven} of the newest ${blocks.length} are proven${every}`
  if (proven === blocks.length || chain.verify === 'structural') return ok(detail)
  const [unproven] = valuesOf(blocks).filter(({ trust }) => trust !== 'proven')
  return warning(
    `${detail}: ${unproven?.reason ?? 'the contents are one word'}`,
    'several providers and a quorum of 2 agree on what cannot be proven',
  )
}

function judgeReceipts({ blocks, receiptsAtOnce }: ProviderFacts): Judgement {
  const receipts = valuesOf(blocks).reduce((sum, { transactions }) => sum + transactions, 0)
  if (receipts === 0)
    return warning('not tried: the newest blocks hold no transaction', 'ask again when there is traffic')
  if (receiptsAtOnce) return ok(`${receipts} read by the hash of their block`)
  return warning(
    `${receipts} read one by one: it has no eth_getBlockReceipts`,
    'works, with one request for each transaction',
  )
}

function judgeTraces({ traces }: ProviderFacts, chain: Rules): Judgement {
  if (chain.internalTransfers === 'none') return ok('not asked for (internal_transfers: none)')
  const deepest = traces.findLast(({ answer }) => answer.ok)?.depth
  const failure = traces.find(({ answer }) => !answer.ok)?.answer
  const why = failure !== undefined && !failure.ok ? failure.why : ''
  if (deepest === undefined)
    return warning(
      `coin that contracts send is not seen through it: ${why || 'there is no block yet'}`,
      'a plan or node with debug_traceBlockByHash, or internal_transfers: none',
    )
  if (why === '') return ok(`callTracer, ${deepest} blocks back and more`)
  return warning(
    `callTracer, ${deepest} blocks back, no further: ${why}`,
    'after a longer outage internal transfers are traced by other providers, or owed',
  )
}

function judgeTags({ tags }: ProviderFacts, chain: Rules): Judgement {
  const needed = [chain.confirmations, chain.finality].flatMap((policy) => (policy.kind === 'tag' ? [policy.tag] : []))
  const missing = needed.filter((tag) => tags[tag] === null)
  const shown = `safe ${tags.safe ?? 'unknown'}, finalized ${tags.finalized ?? 'unknown'}`
  if (missing.length === 0) return ok(shown)
  return fault(
    `it does not know the tag ${missing.join(' and ')}, by which this chain confirms`,
    'confirm by depth, or use another provider',
  )
}

function valuesOf<T>(answers: readonly Answered<T>[]): T[] {
  return answers.flatMap((answer) => (answer.ok ? [answer.value] : []))
}
