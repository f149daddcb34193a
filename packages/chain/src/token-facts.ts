import type { Address } from '@ctrip/domain/address'
import { Interface } from 'ethers'
import { callContract, readContractText } from './contract-text'
import { decodeUint256 } from './erc20'
import { hexField } from './hex'
import { readAgreed } from './read-agreed'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

const DECIMALS_CALL = new Interface(['function decimals() view returns (uint8)']).encodeFunctionData('decimals')
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
  const read = (answer: unknown) => hexField({ answer }, 'answer')
  const code = await readAgreed(pool, quorum, { method: 'eth_getCode', params: [contract, 'latest'], read }, options)
  if (code === '0x') return null
  const decimals = decodeUint256(await callContract(pool, contract, quorum, DECIMALS_CALL, options))
  return {
    symbol: await readContractText(pool, contract, quorum, 'symbol', options),
    decimals: decimals === null || decimals > DECIMALS_MAX ? null : Number(decimals),
  }
}
