import { findSweep } from '@ctrip/db/sweeps/sweep-lists'
import { renderSweep } from '@ctrip/domain/sweep/view'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idParam } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { sweepSchema } from '../../schemas/sweep'

export const getSweep = endpoint(
  {
    operation: 'getSweep',
    method: 'get',
    path: '/api/v1/sweeps/:id',
    access: 'merchant',
    scope: 'sweeps:read',
    tag: 'Sweeps',
    summary: 'Read a sweep',
    subject: 'sweep',
    params: z.object({ id: idParam('sweep') }),
    query: noQuery,
    body: null,
    status: 200,
    result: sweepSchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const found = await findSweep(db, caller.merchantId, params.id)
    if (found === null) return notFound('sweep')
    return { body: renderSweep(found.sweep, caller.merchantId, found.transactionHash) }
  },
)
