import type { Query, Send } from './http.ts'

export interface Page<Item> {
  readonly data: Item[]
  readonly has_more: boolean
}

/** `for await` goes through all of it, page after page; `page` reads one. */
export interface List<Item> extends AsyncIterable<Item> {
  page(): Promise<Page<Item>>
}

/** A list by cursor: `cursor` is the parameter that names the last item that was read. */
export function listOf<Item extends { id: string }>(
  send: Send,
  path: string,
  query: Query,
  cursor: 'starting_after' | 'after',
): List<Item> {
  const read = (more: Query): Promise<Page<Item>> => send({ method: 'GET', path, query: { ...query, ...more } })
  return {
    page: () => read({}),
    async *[Symbol.asyncIterator]() {
      for (let more: Query = {}; ; ) {
        const { data, has_more } = await read(more)
        yield* data
        const last = data.at(-1)
        if (!has_more || last === undefined) return
        more = { [cursor]: last.id }
      }
    },
  }
}
