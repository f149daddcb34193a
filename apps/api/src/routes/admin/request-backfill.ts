import type { ChainConfig } from '@ctrip/chain/chain-config'
import { requestBackfill as request } from '@ctrip/db/chains/operator-requests'
import { z } from 'zod'
import { findChain } from '../../chains'
import { endpoint } from '../../http/endpoint'
import { invalid, notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { blockNumber } from '../../schemas/payment'
import { text } from '../../schemas/text'

const body = z
  .strictObject({ from: blockNumber(), to: blockNumber() })
  .meta({ id: 'RequestBackfill', description: 'Both blocks are included.' })

export const requestBackfill = endpoint(
  {
    operation: 'requestBackfill',
    method: 'post',
    path: '/api/v1/admin/chains/:chain/backfill',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Have blocks scanned again',
    description: 'The chain’s scanner does it beside its own work; what is recorded already stays as it is.',
    subject: 'chain',
    params: z.object({ chain: text(32, 1) }),
    query: noQuery,
    body,
    status: 202,
    result: z.object({
      object: z.literal('backfill'),
      chain: z.string(),
      from: blockNumber(),
      to: blockNumber(),
    }),
    refusals: [404],
  },
  async ({ chains }: { readonly chains: readonly ChainConfig[] }, { params, body: { from, to }, db }) => {
    const chain = findChain(chains, params.chain)
    if (chain === null) return notFound('chain')
    if (to < from) return invalid('to', 'invalid_range', 'Must not be below `from`.')
    await request(db, { chainId: chain.chainId, fromBlock: from, toBlock: to })
    return { body: { object: 'backfill' as const, chain: chain.name, from, to }, log: { chain: chain.name } }
  },
)
