import { insertOperator, listOperators as readOperators, revokeOperator as revoke } from '@ctrip/db/merchants/operators'
import { OPERATOR_ROLES } from '@ctrip/domain/scopes'
import { z } from 'zod'
import { STRANGER } from '../../http/audit'
import { FIRST_OPERATOR, newKey } from '../../http/authenticate'
import { endpoint } from '../../http/endpoint'
import { conflict, notFound } from '../../http/problem'
import { idParam } from '../../schemas/ids'
import { listOf, noParams, noQuery, renderList } from '../../schemas/list'
import { newOperatorSchema, operatorSchema, renderOperator } from './operator-view'

/** The audit log's own actors, what reads like one, and the ids of keys, which merchants' decisions are recorded under. */
const RESERVED = new RegExp(
  `^(${FIRST_OPERATOR}|${STRANGER}|admin[ _-]?api[ _-]?key|system|operator|root|ctrip([ _-].*)?|key_.*)$`,
  'i',
)
/** Without control characters and spaces at the ends: it stands in logs and tables. */
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} .@_+-]{0,98}[\p{L}\p{N}])?$/u

const operatorName = z
  .string()
  .regex(NAME, 'Must be 1 to 100 letters, digits, spaces, or one of . @ _ + - in between.')
  .refine((name) => !RESERVED.test(name), 'This name is reserved.')

export const createOperator = endpoint(
  {
    operation: 'createOperator',
    method: 'post',
    path: '/api/v1/admin/operators',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Give an operator a key of their own',
    description:
      'A viewer may make GET calls only. The audit log has the name beside each call. The key is in this response and nowhere else: only its hash is kept. `ADMIN_API_KEY` is the first operator, named `admin`.',
    params: noParams,
    query: noQuery,
    body: z.strictObject({ name: operatorName, role: z.enum(OPERATOR_ROLES) }).meta({ id: 'CreateOperator' }),
    status: 201,
    result: newOperatorSchema,
    refusals: [409],
  },
  async (_deps: unknown, { body, db }) => {
    const { key, hash, lastFour } = newKey('operator')
    const kept = await insertOperator(db, { name: body.name, role: body.role, hash, lastFour })
    if (kept === null) return conflict('operator_exists', 'There is an operator of this name; revoke that one first.')
    return { body: { ...renderOperator(kept), key } }
  },
)

export const listOperators = endpoint(
  {
    operation: 'listOperators',
    method: 'get',
    path: '/api/v1/admin/operators',
    access: 'admin',
    scope: 'admin:read',
    tag: 'Admin',
    summary: 'List operators, newest first',
    description: 'At most 100. `ADMIN_API_KEY` is not among them.',
    params: noParams,
    query: noQuery,
    body: null,
    status: 200,
    result: listOf(operatorSchema),
    refusals: [],
  },
  async (_deps: unknown, { db }) => ({
    body: renderList({ items: await readOperators(db), hasMore: false }, renderOperator),
  }),
)

export const revokeOperator = endpoint(
  {
    operation: 'revokeOperator',
    method: 'delete',
    path: '/api/v1/admin/operators/:id',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Revoke an operator’s key',
    description: 'It is refused from now on, for good.',
    subject: 'operator',
    params: z.object({ id: idParam('operator') }),
    query: noQuery,
    body: null,
    status: 200,
    result: operatorSchema,
    refusals: [404],
  },
  async (_deps: unknown, { params, db }) => {
    const revoked = await revoke(db, params.id)
    return revoked === null ? notFound('operator') : { body: renderOperator(revoked) }
  },
)
