import { contentsDigest } from '@ctrip/chain/blocks/contents-digest'
import { type Copy, judgeCopies } from '@ctrip/chain/blocks/judge-copies'
import { type Verification, verifyBlock } from '@ctrip/chain/blocks/verify-block'
import type { CallFrame } from '@ctrip/chain/call-trace'
import type { BlockClaim } from '@ctrip/chain/head'
import { hashField } from '@ctrip/chain/hex'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { amount } from '@ctrip/domain/amount'
import type { ChainSource } from '../../src/chain'
import { ancestorAt, branch, movesOf, type SimBlock } from './block-tree'
import type { Faults } from './faults'
import { lieAbout } from './lies'
import type { SimProvider, World } from './world'

const FAILS = 0.05
const LIES = 0.15
const TREACHERY = 0.4
const TAG_DEPTH = { latest: 0, safe: 2, finalized: 4 } as const

/** The world as its providers tell it: each by its own head, some failing, some lying. Blocks are proven by production code. */
export function simSource(world: World, faults: Faults, quorum: number): ChainSource {
  const { random } = world
  const fails = () => faults.armed && random.chance(FAILS)
  const serving = ({ up, excluded }: SimProvider) => up && !excluded
  const answering = () => world.providers.filter((provider) => serving(provider) && !fails())
  const tipOf = ({ awayFor, tip }: SimProvider) => (awayFor > 0 ? world.otherNetwork : tip)
  return {
    providers: () => random.shuffled(world.providers).map(({ name }) => name),
    async recheck() {
      await faults.at('check the providers')
      for (const provider of world.providers) provider.excluded = provider.awayFor > 0
    },
    async readTag(tag) {
      await faults.at('ask for the head')
      return answering().flatMap((provider) =>
        claim(provider, tipOf(provider), tipOf(provider).number - TAG_DEPTH[tag]),
      )
    },
    async readHeight(number) {
      await faults.at('ask for a height')
      return answering().flatMap((provider) => claim(provider, tipOf(provider), number))
    },
    async fetchBlock(ref) {
      await faults.within('fetch a block')
      let failed = false
      const copies: Copy[] = []
      // Whoever lies well lies when the honest ones cannot be asked.
      const onlyLiars = faults.armed && random.chance(LIES)
      for (const provider of random.shuffled(world.providers)) {
        if (!serving(provider) || provider.limitedFor > 0 || fails() || (onlyLiars && !provider.treacherous)) {
          failed = true
          continue
        }
        const block = 'hash' in ref ? byHash(tipOf(provider), ref.hash) : ancestorAt(tipOf(provider), ref.number)
        if (block === null) continue
        const verified = ask(world, faults, provider, block, ref)
        if (verified.kind === 'proven') return { ...verified.block, trust: 'proven', provider: provider.name }
        failed = true
        copies.push(...toCopies(provider, verified))
      }
      const verdict = judgeCopies(copies, quorum)
      if (verdict.kind === 'taken')
        return { ...verdict.copy.block, trust: verdict.trust, provider: verdict.copy.provider }
      if (failed) throw unavailable('fetchBlock')
      return null
    },
    async fetchTraces(block, name) {
      await faults.within('trace a block')
      const provider = named(name)
      if (!provider.traces) return null
      if (provider.limitedFor > 0) throw unavailable('debug_traceBlockByHash')
      const { traces } = answers(provider, block.hash, 'debug_traceBlockByHash')
      if (!provider.treacherous || !faults.armed || !random.chance(LIES)) return traces
      // What the only one that traces leaves out, nobody can tell: that is said openly, and not tried.
      const lie = world.oneTraces || random.chance(0.5) ? inventing : leavingOut
      return traces.map((trace) => ({ ...trace, root: lie(world, trace.root) }))
    },
    async readBalances(hash, addresses, name) {
      await faults.within('read balances')
      const block = answers(named(name), hash, 'eth_getBalance')
      const moves = [...branch(block)].flatMap(movesOf).filter(({ contract }) => contract === null)
      return addresses.map((address) =>
        amount(moves.reduce((sum, move) => (move.to === address ? sum + move.amount : sum), 0n)),
      )
    },
  }

  function named(name: string): SimProvider {
    const provider = world.providers.find((one) => one.name === name)
    if (provider === undefined) throw new Error(`no provider ${name}`)
    return provider
  }

  function answers(provider: SimProvider, hash: string, method: string): SimBlock {
    const block = serving(provider) && !fails() ? byHash(tipOf(provider), hash) : null
    if (block === null) throw unavailable(method)
    return block
  }
}

function ask(
  world: World,
  faults: Faults,
  provider: SimProvider,
  block: SimBlock,
  ref: Parameters<ChainSource['fetchBlock']>[0],
): Verification {
  const { random, keccak256, blocks } = world
  const lies = faults.armed && random.chance(provider.treacherous ? TREACHERY : LIES)
  const other = random.pick([...blocks.values()]).raw
  const copy = lies ? lieAbout(block.raw, random, keccak256, other, provider.treacherous) : block.raw
  return verifyBlock(ref, copy, 'proof', keccak256)
}

/** The contents that providers may agree on where nobody proves the block. */
function toCopies({ name }: SimProvider, verified: Verification): Copy[] {
  if (verified.kind === 'proven' || verified.block === null) return []
  const check = verified.kind === 'refused' ? verified.check : null
  const doubt = { check, reason: verified.kind }
  return [{ provider: name, block: verified.block, digest: contentsDigest(verified.block), doubt }]
}

function claim({ name }: SimProvider, tip: SimBlock, number: number): BlockClaim[] {
  const block = ancestorAt(tip, number)
  if (block === null) return []
  return [
    {
      provider: name,
      number,
      hash: block.hash,
      parentHash: hashField(block.raw.block, 'parentHash'),
      timestamp: block.timestamp,
    },
  ]
}

function byHash(tip: SimBlock, hash: string): SimBlock | null {
  for (const block of branch(tip)) if (block.hash === hash) return block
  return null
}

/** Adds a payment that never was. */
function inventing({ random, payable }: World, root: CallFrame): CallFrame {
  if (payable.length === 0) return root
  const { address, amount: value } = random.pick(payable)
  const invented = { type: 'CALL', from: root.from, to: address, value: amount(value), reverted: false, calls: [] }
  return { ...root, calls: [...root.calls, invented] }
}

/** As if contracts had paid nobody. */
function leavingOut(_world: World, root: CallFrame): CallFrame {
  return { ...root, calls: [] }
}

function unavailable(method: string): RetryableRpcError {
  return new RetryableRpcError('unavailable', { chain: 'sim', provider: 'all', method, reason: 'nobody answers' })
}
