/**
 * A page of a list that is newest first. Its cursor is an id, a UUIDv7: rows that arrive meanwhile come before the first
 * page, so no page ever repeats or skips a row that was there when the reading began.
 */
export interface Page<Id extends string> {
  readonly limit: number
  /** The last id of the page before; null for the first page. */
  readonly startingAfter: Id | null
}

export interface PageOf<Item> {
  readonly items: readonly Item[]
  readonly hasMore: boolean
}

/** Of `limit + 1` rows read, the page: the row too many says only that there is more. */
export function pageOf<Item>(rows: readonly Item[], page: { readonly limit: number }): PageOf<Item> {
  return { items: rows.slice(0, page.limit), hasMore: rows.length > page.limit }
}
