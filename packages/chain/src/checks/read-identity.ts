import type { Hash } from '@ctrip/domain/hash'
import { hashField, MalformedHexError, numberField, type RawObject, rawObject } from '../hex'
import type { ErrorKind } from '../rpc/error-kinds'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { Identity } from './identity'

/** Asks one provider one question. */
export type AskProvider = (method: string, params: readonly unknown[]) => Promise<unknown>

/** A node that says one of these has no block of that age for us; others mean that it could not be asked. */
const NOT_SHOWN: ReadonlySet<ErrorKind> = new Set([
  'state_pruned',
  'refused_by_plan',
  'not_ready',
  'node_error',
  'method_not_found',
  'invalid_request',
])

/** Throws RetryableRpcError or PermanentRpcError where the provider cannot be asked, and MalformedHexError where the response is nonsense. */
export async function readIdentity(ask: AskProvider): Promise<Identity> {
  const chainId = numberField({ chainId: await ask('eth_chainId', []) }, 'chainId')
  return { chainId, genesis: await readGenesis(ask) }
}

/**
 * By the parent of block 1 where there is one: nodes that drop old blocks keep block 0, and an Anvil that was killed makes up a new block 0
 * though its block 1 still names the old one.
 */
async function readGenesis(ask: AskProvider): Promise<Hash | null> {
  const first = await readBlock(ask, '0x1')
  if (first !== null) return hashField(first, 'parentHash')
  const genesis = await readBlock(ask, '0x0')
  return genesis === null ? null : hashField(genesis, 'hash')
}

async function readBlock(ask: AskProvider, number: string): Promise<RawObject | null> {
  try {
    const block = await ask('eth_getBlockByNumber', [number, false])
    return block === null ? null : rawObject(block, 'block')
  } catch (error) {
    if (error instanceof MalformedHexError) return null
    const isRpcError = error instanceof RetryableRpcError || error instanceof PermanentRpcError
    if (isRpcError && NOT_SHOWN.has(error.kind)) return null
    throw error
  }
}
