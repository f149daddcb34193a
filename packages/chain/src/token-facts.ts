import type { Address } from '@ctrip/domain/address'
import { decodeBytes32String, Interface } from 'ethers'
import { decodeUint256 } from './erc20'
import { hexField } from './hex'
import { type Question, readAgreed } from './read-agreed'
import { PermanentRpcError } from './rpc/rpc-error'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

const metadata = new Interface(['function symbol() view returns (string)', 'function decimals() view returns (uint8)'])
const SYMBOL_LENGTH_MAX = 32
const DECIMALS_MAX = 255n

/** A token's own word: any contract can call itself by any name. */
export interface TokenFacts {
  /** Without what a terminal would obey; null where it names none. */
  readonly symbol: string | null
  /** Null where it tells none (ERC-20 does not ask for it). */
  readonly decimals: number | null
}

/** Reads a token's symbol and decimals, as this many providers tell alike; null where there is no contract. */
export async function readTokenFacts(
  pool: RpcPool,
  contract: Address,
  quorum: number,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<TokenFacts | null> {
  const code = await readAgreed(pool, quorum, hexAnswer('eth_getCode', [contract, 'latest']), options)
  if (code === '0x') return null
  const ask = (name: 'symbol' | 'decimals') => askToken(pool, contract, quorum, name, options)
  const decimals = decodeUint256(await ask('decimals'))
  return {
    symbol: decodeSymbol(await ask('symbol')),
    decimals: decimals === null || decimals > DECIMALS_MAX ? null : Number(decimals),
  }
}

/** The response as it came; null where the contract refuses to give one. */
async function askToken(
  pool: RpcPool,
  contract: Address,
  quorum: number,
  name: 'symbol' | 'decimals',
  options: Pick<CallOptions, 'signal'>,
): Promise<string | null> {
  const call = { to: contract, data: metadata.encodeFunctionData(name) }
  try {
    return await readAgreed(pool, quorum, hexAnswer('eth_call', [call, 'latest']), options)
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'execution_reverted') return null
    throw error
  }
}

function hexAnswer(method: string, params: readonly unknown[]): Question<string> {
  return { method, params, read: (answer) => hexField({ answer }, 'answer') }
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
