import type { ChainConfig } from '@ctrip/chain/chain-config'
import { requestSweeps as request } from '@ctrip/db/chains/operator-requests'
import { z } from 'zod'
import { findChain } from '../../chains'
import { endpoint } from '../../http/endpoint'
import { invalid } from '../../http/problem'
import { chainName } from '../../schemas/chain'
import { noParams, noQuery } from '../../schemas/list'

export const requestSweeps = endpoint(
  {
    operation: 'requestSweeps',
    method: 'post',
    path: '/api/v1/admin/sweeps',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Plan sweeps now',
    params: noParams,
    query: noQuery,
    body: z
      .strictObject({
        chain: chainName().optional().meta({ description: 'Name or chain id; all chains, unless given.' }),
      })
      .meta({ id: 'RequestSweeps' }),
    status: 202,
    result: z.object({ object: z.literal('sweep_request'), chains: z.array(z.string()) }),
    refusals: [],
  },
  async (deps: { readonly chains: readonly ChainConfig[] }, { body, db }) => {
    const one = body.chain === undefined ? null : findChain(deps.chains, body.chain)
    if (one === null && body.chain !== undefined) return invalid('chain', 'unknown_chain', 'There is no such chain.')
    const asked = one === null ? deps.chains : [one]
    await request(
      db,
      asked.map(({ chainId }) => chainId),
    )
    return { body: { object: 'sweep_request' as const, chains: asked.map(({ name }) => name) } }
  },
)
