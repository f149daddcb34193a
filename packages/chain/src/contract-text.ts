import type { Address } from '@ctrip/domain/address'
import { decodeBytes32String, Interface } from 'ethers'
import { hexField } from './hex'
import { readAgreed } from './read-agreed'
import { PermanentRpcError } from './rpc/rpc-error'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

const texts = new Interface(['function symbol() view returns (string)', 'function description() view returns (string)'])
type TextFunction = 'symbol' | 'description'

const SHOWN_LENGTH_MAX = 32

/** A contract's own word, as this many providers tell alike, without what a terminal would obey; null where it gives no text. */
export async function readContractText(
  pool: RpcPool,
  contract: Address,
  quorum: number,
  name: TextFunction,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<string | null> {
  const data = texts.encodeFunctionData(name)
  return decodeText(name, await callContract(pool, contract, quorum, data, options))
}

/** The response of a call as it came; null where the contract refuses to give one. */
export async function callContract(
  pool: RpcPool,
  to: Address,
  quorum: number,
  data: string,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<string | null> {
  const params = [{ to, data }, 'latest']
  const read = (answer: unknown) => hexField({ answer }, 'answer')
  try {
    return await readAgreed(pool, quorum, { method: 'eth_call', params, read }, options)
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'execution_reverted') return null
    throw error
  }
}

/** Tokens older than ERC-20's last draft (MKR) answer with 32 bytes instead of a string. */
function decodeText(name: TextFunction, data: string | null): string | null {
  if (data === null) return null
  try {
    const text = data.length === 66 ? decodeBytes32String(data) : String(texts.decodeFunctionResult(name, data)[0])
    const shown = text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').slice(0, SHOWN_LENGTH_MAX)
    return shown === '' ? null : shown
  } catch {
    return null // not a text: it names itself by nothing that can be shown
  }
}
