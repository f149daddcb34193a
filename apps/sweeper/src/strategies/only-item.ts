import { assert } from '@ctrip/domain/assert'
import type { Sweep, SweepItem } from '@ctrip/domain/sweep/sweep'

/** The item of a sweep that collects from one address. */
export function onlyItem(sweep: Sweep): SweepItem {
  const [item, ...more] = sweep.items
  assert(item !== undefined && more.length === 0, `${sweep.id} collects from one address`)
  return item
}
