import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { renderTable } from './table'

/** Where everything is, for somebody who wants to try it now. */
export function renderUrls(stack: StackDescriptor, dataFolder: string): string {
  const rows = [
    ['API', `${stack.api.url}/api/v1`],
    ['API reference', `${stack.api.url}/docs`],
    ["merchant's key", stack.merchant.api_key],
    ...Object.entries(stack.services).map(([name, { ops_url }]) => [`${name}: health, metrics`, ops_url]),
    ['PostgreSQL', stack.postgres.url],
    ['NATS', stack.nats.url],
    // The URL of a user's provider may carry its key.
    ...stack.chains.map(({ name, chain_id, rpc_url, pid }) => [
      `chain ${name} (${chain_id})`,
      pid === null ? new URL(rpc_url).host : rpc_url,
    ]),
    ['traces', `${stack.traces.query_url}/{trace_id}`],
    ['keys and logs', dataFolder],
  ]
  const hint =
    'Try: npx ctrip payments show PAYMENT_ID, npx ctrip pay PAYMENT_ID, npx ctrip trace PAYMENT_ID. Ctrl-C stops everything.'
  return `${renderTable(rows)}\n\n${hint}`
}
