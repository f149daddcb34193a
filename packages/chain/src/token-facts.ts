import type { Address } from '@ctrip/domain/address'
import { decodeBytes32String, Interface } from 'ethers'
import { decodeUint256 } from './erc20'
import { PermanentRpcError } from './rpc/rpc-error'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'
import { readCode } from './transactions/account'

const metadata = new Interface(['function symbol() view returns (string)', 'function decimals() view returns (uint8)'])
const SYMBOL_LENGTH_MAX = 32
const DECIMALS_MAX = 255n

/** What a contract says of itself: any contract can call itself by any name. */
export interface TokenFacts {
  /** Without what a terminal would obey; null where it names none. */
  readonly symbol: string | null
  /** Null where it tells none (ERC-20 does not ask for it). */
  readonly decimals: number | null
}

/** Reads a token's symbol and decimals; null where there is no contract. */
export async function readTokenFacts(
  pool: RpcPool,
  contract: Address,
  options: CallOptions = {},
): Promise<TokenFacts | null> {
  if ((await readCode(pool, contract, options)) === '0x') return null
  const ask = (name: 'symbol' | 'decimals') => askToken(pool, contract, name, options)
  const decimals = decodeUint256(await ask('decimals'))
  return {
    symbol: decodeSymbol(await ask('symbol')),
    decimals: decimals === null || decimals > DECIMALS_MAX ? null : Number(decimals),
  }
}

/** The answer as it came; null where the contract refuses to give one. */
async function askToken(
  pool: RpcPool,
  contract: Address,
  name: 'symbol' | 'decimals',
  options: CallOptions,
): Promise<string | null> {
  const call = { to: contract, data: metadata.encodeFunctionData(name) }
  try {
    const { result } = await pool.call('eth_call', [call, 'latest'], options)
    return typeof result === 'string' ? result : null
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind !== 'method_not_found') return null
    throw error
  }
}

/** Tokens older than ERC-20's last draft (MKR) answer with 32 bytes instead of a string. */
function decodeSymbol(data: string | null): string | null {
  if (data === null) return null
  try {
    const text =
      data.length === 66 ? decodeBytes32String(data) : String(metadata.decodeFunctionResult('symbol', data)[0])
    const shown = text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').slice(0, SYMBOL_LENGTH_MAX)
    return shown === '' ? null : shown
  } catch {
    return null // not a text: it names itself by nothing that can be shown
  }
}
