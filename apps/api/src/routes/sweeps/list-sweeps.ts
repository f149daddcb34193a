import { listSweeps as readSweeps } from '@ctrip/db/sweeps/sweep-lists'
import { renderSweep } from '@ctrip/domain/sweep/view'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { listOf, noParams, pageOf, renderList } from '../../schemas/list'
import { sweepSchema } from '../../schemas/sweep'

export const listSweeps = endpoint(
  {
    operation: 'listSweeps',
    method: 'get',
    path: '/api/v1/sweeps',
    access: 'merchant',
    scope: 'sweeps:read',
    tag: 'Sweeps',
    summary: 'List what was collected into the treasury, newest first',
    params: noParams,
    query: z.strictObject(pageOf('sweep')),
    body: null,
    status: 200,
    result: listOf(sweepSchema),
    refusals: [],
  },
  async (_deps: unknown, { caller, query, db }) => {
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    const found = await readSweeps(db, caller.merchantId, page)
    return { body: renderList(found, (each) => renderSweep(each.sweep, caller.merchantId, each.transactionHash)) }
  },
)
