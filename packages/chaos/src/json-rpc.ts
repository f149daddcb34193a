const TIMEOUT_MS = 20_000
let id = 0

export class NodeError extends Error {
  override readonly name = 'NodeError'
}

/** Calls a node directly, without its proxies. The caller gives the type of the result, as these nodes are our own. */
export async function jsonRpc<T>(url: string, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const answer = (await response.json()) as { result?: T; error?: { message: string } }
  if (answer.error !== undefined) throw new NodeError(`${method}: ${answer.error.message}`)
  return answer.result as T
}

export const toHex = (value: number | bigint): string => `0x${value.toString(16)}`
