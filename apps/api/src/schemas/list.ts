import type { PageOf } from '@ctrip/db/database/pages'
import type { IdKind } from '@ctrip/domain/ids'
import { z } from 'zod'
import { idParam } from './ids'

const LIMIT_DEFAULT = 10
const LIMIT_MAX = 100

export const noParams = z.object({})
export const noQuery = z.strictObject({})
/** A POST without parameters takes an empty object, or no body at all. */
export const noBody = z.strictObject({})

export const limit = z
  .string()
  .regex(/^([1-9]\d?|100)$/, `Must be a whole number from 1 to ${LIMIT_MAX}.`)
  .transform(Number)
  .default(LIMIT_DEFAULT)
  .meta({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT })

/** The parameters of a list that is newest first. */
export function pageOf<Kind extends IdKind>(kind: Kind) {
  return {
    limit,
    starting_after: idParam(kind).optional().meta({ description: 'The last id of the page before.' }),
  }
}

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() })
}

export function renderList<Item, View>(page: PageOf<Item>, render: (item: Item) => View) {
  return { object: 'list' as const, data: page.items.map(render), has_more: page.hasMore }
}
