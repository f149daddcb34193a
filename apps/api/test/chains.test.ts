import { recordHeads } from '@ctrip/db/chains/chain-observations'
import type { ListBody } from './support/api-client'
import { startTestChain } from './support/chain-writer'
import { USDC } from './support/fixtures'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

interface Chain {
  readonly name: string
  readonly head: { readonly scanned_block: number; readonly lag_blocks: number } | null
  readonly halted: boolean
  readonly stalled: object | null
}

const CHAIN = { chainId: 31337, name: 'anvil', blockTimeMs: 1_000 }

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)
afterAll(() => api?.close())

async function chains(): Promise<Chain[]> {
  return (await merchant.get<ListBody<Chain>>('/api/v1/chains')).body.data
}

it('lists what can be paid in, when that is confirmed, and how far to trust it', async () => {
  expect(await chains()).toMatchObject([
    {
      name: 'anvil',
      chain_id: 31337,
      display_name: 'anvil',
      testnet: false,
      providers: [],
      assets: [
        { symbol: 'ETH', contract: null, decimals: 18, caip19: 'eip155:31337/slip44:60' },
        { symbol: 'USDC', contract: USDC, decimals: 6 },
        { symbol: 'WHOLE', decimals: 0 },
        { symbol: 'FINE', decimals: 36 },
      ],
      confirmations: {
        tiers: [
          { below: '1000000000', depth: 3 },
          { below: null, depth: 12 },
        ],
      },
      head: null,
      trust: { blocks: 'proven', canonicity: 'single_provider', providers: 1, quorum: 1, require_agreement: false },
      internal_transfers: 'trace',
      trace_debts: { blocks: 0, oldest_block: null, oldest_since: null },
      halted: false,
    },
    {
      name: 'tagged',
      display_name: 'Tagged Testnet',
      testnet: true,
      confirmations: { tag: 'safe' },
      trust: { blocks: 'single_word' },
    },
  ])
})

it('shows how far a chain has been scanned, and that it is halted', async () => {
  const chain = await startTestChain(api.db)
  await chain.mine()
  expect((await chains())[0]).toMatchObject({ head: { scanned_block: 801, head_block: null, lag_blocks: null } })
  await recordHeads(api.db, CHAIN, { ageMs: 0, head: { number: 805, time: new Date() }, providers: [] })
  expect((await chains())[0]).toMatchObject({
    head: { scanned_block: 801, head_block: 805, lag_blocks: 4 },
    stalled: null,
  })
  await chain.halt('deep reorg')
  expect((await chains())[0]).toMatchObject({ halted: true, halted_reason: 'deep reorg' })
})

it('says since when, why and by whose answers a chain cannot be read', async () => {
  await api.db.prisma.chain_state.updateMany({ data: { halted_reason: null } })
  const providers = [{ name: 'main', head: null, error: 'timeout' }]
  await recordHeads(api.db, CHAIN, { ageMs: 0, head: null, providers })
  const readAt = new Date(Date.now() - 3_600_000)
  await api.db.prisma.chain_observations.updateMany({ data: { head_read_at: readAt } })
  expect((await chains())[0]?.stalled).toEqual({
    since: readAt.toISOString(),
    reason: 'no provider answers (main: timeout)',
    providers: [{ name: 'main', head_block: null, error: 'timeout' }],
  })
})

it('names each provider with its head, or why it is excluded, and whose word a much newer block is', async () => {
  const excluded = 'it answers for chain 1, but chains.yaml says chain 31337'
  const providers = [
    { name: 'first', head: 801, error: null },
    { name: 'second', head: 9_000, error: null },
    { name: 'third', head: null, error: excluded },
  ]
  await recordHeads(api.db, CHAIN, { ageMs: 0, head: { number: 801, time: new Date() }, providers })
  expect((await chains())[0]).toMatchObject({
    head: { head_block: 801, lag_blocks: null, head_claim: { block: 9_000, providers: ['second'] } },
    providers: [
      { name: 'first', head_block: 801, error: null },
      { name: 'second' },
      { head_block: null, error: excluded },
    ],
  })
})

it('counts the blocks whose internal transfers are still unknown, and dates the oldest', async () => {
  const { chain_id: chainId, hash: block_hash } = await api.db.prisma.blocks.findFirstOrThrow()
  const since = new Date('2026-01-31T12:00:00Z')
  const debt = { since, next_attempt_at: since, reason: 'pruned', providers: ['local'] }
  await api.db.prisma.trace_debts.create({ data: { chain_id: chainId, block_hash, block_number: 801, ...debt } })
  expect((await chains())[0]).toMatchObject({
    trace_debts: { blocks: 1, oldest_block: 801, oldest_since: since.toISOString() },
  })
})

it('says what the newest block could not be checked for, and that no provider traces', async () => {
  const reason = 'transaction type 126'
  await api.db.prisma.chain_state.updateMany({
    data: { trust: 'agreed', trust_reason: reason, internal_transfers: 'none' },
  })
  expect((await chains())[0]).toMatchObject({
    trust: { blocks: 'agreed', blocks_reason: reason },
    internal_transfers: 'none',
  })
})
