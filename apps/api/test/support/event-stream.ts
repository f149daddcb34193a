interface StreamMessage {
  readonly id: string
  readonly data: { readonly version: string; readonly stage: string; readonly final: boolean }
}

export interface ReadStream {
  readonly status: number
  /** The next message; rejects after 5 s without one. */
  next(): Promise<StreamMessage>
  close(): void
}

/** Reads server-sent events as they come on the wire. */
export async function readStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<ReadStream> {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''

  async function next(): Promise<StreamMessage> {
    for (;;) {
      const end = unread.indexOf('\n\n')
      if (end < 0) {
        const chunk = await chunks?.read()
        if (chunk === undefined || chunk.done) throw new Error('the stream has ended')
        unread += chunk.value
        continue
      }
      const block = unread.slice(0, end)
      unread = unread.slice(end + 2)
      const [, id, json] = /^id: (.*)\ndata: (.*)$/.exec(block) ?? []
      if (id !== undefined && json !== undefined) return { id, data: JSON.parse(json) as StreamMessage['data'] }
    }
  }

  return {
    status: response.status,
    next: () => Promise.race([next(), timeout()]),
    close: () => abort.abort(),
  }
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no message within 5 s')), 5_000).unref()
  })
}
