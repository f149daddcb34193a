import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Merchant {
  readonly id: string
  readonly api_key: string
}

const REQUEST_TIMEOUT_MS = 10_000

/** The merchant of this data folder: the one it remembers if the API still knows its key, or a new one. */
export async function ensureMerchant(apiUrl: string, adminApiKey: string, dataFolder: string): Promise<Merchant> {
  const file = join(dataFolder, 'merchant.json')
  const remembered = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Merchant) : null
  if (remembered && (await isKnown(apiUrl, remembered))) return remembered
  const created = await createMerchant(apiUrl, adminApiKey)
  writeFileSync(file, `${JSON.stringify(created)}\n`, { mode: 0o600 })
  return created
}

async function isKnown(apiUrl: string, merchant: Merchant): Promise<boolean> {
  const response = await request(`${apiUrl}/api/v1/payments?limit=1`, 'GET', merchant.api_key)
  if (response.status === 401) return false
  await requireOk(response)
  return true
}

async function createMerchant(apiUrl: string, adminApiKey: string): Promise<Merchant> {
  const post = async (path: string, body: unknown): Promise<{ id: string; key?: string }> => {
    const response = await request(`${apiUrl}/api/v1/admin${path}`, 'POST', adminApiKey, body)
    await requireOk(response)
    return (await response.json()) as { id: string; key?: string }
  }
  const { id } = await post('/merchants', { name: 'Demo merchant' })
  const { key } = await post(`/merchants/${id}/api-keys`, { name: 'demo' })
  if (key === undefined) throw new Error('the API made an API key and did not tell it')
  return { id, api_key: key }
}

async function request(url: string, method: string, key: string, body?: unknown): Promise<Response> {
  return await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
}

async function requireOk(response: Response): Promise<void> {
  if (!response.ok)
    throw new Error(`${new URL(response.url).pathname} answered ${response.status}: ${await response.text()}`)
}
