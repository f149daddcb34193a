import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readChainFacts } from '@ctrip/db/chains/chain-observations'
import { type ChainState, listChainStates, type Trust } from '@ctrip/db/chains/chain-state'
import { summarizeTraceDebts, type TraceDebtSummary } from '@ctrip/db/chains/trace-debts'
import {
  type ChainStanding,
  chainStanding,
  type HeadClaim,
  type ProviderHead,
  type Stall,
} from '@ctrip/domain/chain-standing'
import { renderAsset } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { assetsOf } from '../../chains'
import { endpoint } from '../../http/endpoint'
import { listOf, noParams, noQuery, renderList } from '../../schemas/list'
import { assetSchema, blockNumber, money } from '../../schemas/payment'
import { timestamp } from '../../schemas/text'

const confirmationsSchema = z.union([
  z.object({ depth: z.number().int() }),
  z.object({ tag: z.enum(['safe', 'finalized']) }),
  z.object({ tiers: z.array(z.object({ below: money().nullable(), depth: z.number().int() })) }),
])

const providersSchema = z.array(
  z.object({
    name: z.string(),
    head_block: blockNumber().nullable(),
    error: z.string().nullable().meta({
      description: 'Why its head is not known: it did not respond, or it is excluded, as by another chain id.',
      example: 'it answers for chain 1, but chains.yaml says chain 31337',
    }),
  }),
)

const stallSchema = z.object({
  since: timestamp(),
  reason: z.string().meta({ example: 'no provider answers (main: timeout)' }),
  providers: providersSchema,
})

const chainSchema = z
  .object({
    name: z.string(),
    object: z.literal('chain'),
    chain_id: z.number().int(),
    display_name: z.string().meta({ description: 'The name that payers read.', example: 'Ethereum' }),
    testnet: z.boolean().meta({ description: 'A test network: its coins are worth nothing.' }),
    assets: z.array(assetSchema),
    confirmations: confirmationsSchema,
    block_time_ms: z.number().int(),
    explorer_url: z.string().nullable(),
    head: z
      .object({
        scanned_block: blockNumber(),
        scanned_block_time: timestamp(),
        head_block: blockNumber().nullable().meta({ description: 'Null until its providers have told their heads.' }),
        finalized_block: blockNumber(),
        lag_blocks: z.number().int().min(0).nullable().meta({
          description:
            'Blocks up to `head_block` that are not scanned yet, as of `head_age_seconds` ago. Null: no head is known, or `head_claim` says otherwise than the providers that count, whose head has been scanned.',
        }),
        head_claim: z
          .object({ block: blockNumber(), providers: z.array(z.string()) })
          .nullable()
          .meta({
            description:
              'A much newer block, by the word of these providers alone: the others are behind, or these are wrong. Null where no provider runs ahead.',
          }),
        head_age_seconds: z.number().min(0).nullable().meta({
          description: 'How long ago the head was last read. It grows while the providers do not answer.',
        }),
        updated_at: timestamp(),
      })
      .nullable()
      .meta({ description: 'Null before the first block has been scanned.' }),
    trust: z.object({
      blocks: z.enum(['proven', 'agreed', 'single_word', 'accepted']).meta({
        description:
          'Who vouches for the contents of the newest block; before the first, who will. `proven`: its hash. `agreed`: at least two providers, and `quorum` of them, whose contents are equal. `single_word`: one provider, which is possible only with a quorum of 1. `accepted`: an operator, by `ctrip chains accept-block`.',
      }),
      blocks_reason: z.string().nullable().meta({
        description:
          'Why that block could not be proven, where a proof was asked for: what is in it that we cannot encode, or the check that it failed.',
      }),
      canonicity: z.enum(['quorum', 'single_provider']),
      providers: z.number().int(),
      quorum: z.number().int().meta({
        description:
          'Providers that must agree on a block before it confirms a payment, and on its contents where these are not proven.',
      }),
      require_agreement: z.boolean().meta({
        description: "Whether the configuration forbids that one provider's word is enough.",
      }),
    }),
    providers: providersSchema.meta({
      description: 'Each provider when the scanner last asked for its head; empty before that.',
    }),
    internal_transfers: z.enum(['trace', 'none']).meta({
      description:
        '`none`: native coin sent by a contract is not seen. `trace`: as many providers as the quorum, and at least two, must tell the same of it; where fewer trace, balances at others must bear out what they credit, and what they leave out is only found by reconciliation.',
    }),
    trace_debts: z
      .object({
        blocks: z.number().int().min(0),
        oldest_block: blockNumber().nullable(),
        oldest_since: timestamp().nullable(),
      })
      .meta({
        description:
          'Blocks that were committed without their internal transfers, because the providers did not tell them, or not alike. They are asked again; what was paid there is credited then.',
      }),
    halted: z.boolean(),
    halted_reason: z.string().nullable(),
    stalled: stallSchema.nullable().meta({
      description:
        'Why the chain cannot be read: payments on it are not seen meanwhile, and none expires. Null while it is read, and while it is halted.',
    }),
  })
  .meta({ id: 'Chain' })

export const listChains = endpoint(
  {
    operation: 'listChains',
    method: 'get',
    path: '/api/v1/chains',
    access: 'merchant',
    scope: 'chains:read',
    tag: 'Chains',
    summary: 'Chains and assets that can be paid in, and how they are doing',
    params: noParams,
    query: noQuery,
    body: null,
    status: 200,
    result: listOf(chainSchema),
    refusals: [],
  },
  async ({ chains }: { readonly chains: readonly ChainConfig[] }, { db }) => {
    const states = new Map((await listChainStates(db)).map((state) => [state.chainId, state]))
    const facts = await readChainFacts(
      db,
      chains.map(({ chainId }) => chainId),
    )
    const debts = await summarizeTraceDebts(db)
    const render = (chain: ChainConfig) => {
      const known = facts.get(chain.chainId)
      const standing = known === undefined ? null : chainStanding(known)
      return renderChain(chain, states.get(chain.chainId) ?? null, standing, debts.get(chain.chainId) ?? null)
    }
    return { body: renderList({ items: chains, hasMore: false }, render) }
  },
)

function renderChain(
  chain: ChainConfig,
  state: ChainState | null,
  standing: ChainStanding | null,
  debts: TraceDebtSummary | null,
): z.output<typeof chainSchema> {
  return {
    name: chain.name,
    object: 'chain',
    chain_id: chain.chainId,
    display_name: chain.displayName,
    testnet: chain.testnet,
    assets: assetsOf(chain).map((asset) => renderAsset(chain.chainId, asset)),
    confirmations: renderPolicy(chain.confirmations),
    block_time_ms: chain.blockTimeMs,
    explorer_url: chain.explorerUrl,
    head: state === null ? null : renderHead(state, standing),
    trust: {
      blocks: state?.trust ?? expectedTrust(chain),
      blocks_reason: state?.trustReason ?? null,
      canonicity: chain.quorum > 1 ? 'quorum' : 'single_provider',
      providers: chain.providers.length,
      quorum: chain.quorum,
      require_agreement: chain.requireAgreement,
    },
    providers: renderProviders(standing?.providers ?? []),
    // What providers do, not what was asked of them.
    internal_transfers: state?.internalTransfers ?? chain.internalTransfers,
    trace_debts: {
      blocks: debts?.count ?? 0,
      oldest_block: debts?.oldest.blockNumber ?? null,
      oldest_since: debts?.oldest.since.toISOString() ?? null,
    },
    halted: state?.haltedReason != null,
    halted_reason: state?.haltedReason ?? null,
    stalled: standing?.stalled == null ? null : renderStall(standing.stalled),
  }
}

/** Of the first block, while there is none. */
function expectedTrust({ verify, quorum }: ChainConfig): Trust {
  if (verify === 'proof') return 'proven'
  return quorum > 1 ? 'agreed' : 'single_word'
}

function renderHead(state: ChainState, standing: ChainStanding | null) {
  return {
    scanned_block: state.cursor.number,
    scanned_block_time: state.cursorTime.toISOString(),
    head_block: standing?.headBlock ?? null,
    finalized_block: state.finalizedNumber,
    lag_blocks: standing?.lagBlocks ?? null,
    head_claim: standing?.headClaim == null ? null : renderClaim(standing.headClaim),
    head_age_seconds: standing?.headAgeSeconds ?? null,
    updated_at: state.updatedAt.toISOString(),
  }
}

function renderClaim({ block, providers }: HeadClaim) {
  return { block, providers: [...providers] }
}

function renderStall({ since, reason, providers }: Stall): z.output<typeof stallSchema> {
  return {
    since: since.toISOString(),
    reason,
    providers: renderProviders(providers),
  }
}

function renderProviders(providers: readonly ProviderHead[]) {
  return providers.map(({ name, head, error }) => ({ name, head_block: head, error }))
}

function renderPolicy(policy: ChainConfig['confirmations']) {
  switch (policy.kind) {
    case 'depth':
      return { depth: policy.depth }
    case 'tag':
      return { tag: policy.tag }
    case 'tiers':
      return { tiers: policy.tiers.map(({ below, depth }) => ({ below: below?.toString() ?? null, depth })) }
  }
}
