import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { amountOf, type Hex } from '../hex'
import { callAndRead } from '../rpc/read-result'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'
import type { SignedAuthorization } from './unsigned-transaction'

export interface GasCall {
  readonly from: Address
  /** Null creates a contract. */
  readonly to: Address | null
  readonly value: Amount
  readonly data: Hex
  readonly authorizations?: readonly SignedAuthorization[]
}

/** Gas that the call would need now. Throws PermanentRpcError of kind `execution_reverted` where it would fail. */
export function estimateGas(pool: RpcPool, call: GasCall, options: CallOptions = {}): Promise<bigint> {
  return callAndRead(pool, 'eth_estimateGas', [gasCallParams(call)], options, amountOf)
}

function gasCallParams({ from, to, value, data, authorizations }: GasCall): Record<string, unknown> {
  return {
    from,
    ...(to === null ? {} : { to }),
    value: hex(value),
    data,
    ...(authorizations === undefined ? {} : { authorizationList: authorizations.map(authorizationParams) }),
  }
}

function authorizationParams({ chainId, address, nonce, yParity, r, s }: SignedAuthorization): Record<string, string> {
  return {
    chainId: hex(chainId),
    address,
    nonce: hex(nonce),
    yParity: hex(yParity),
    r: hex(BigInt(r)),
    s: hex(BigInt(s)),
  }
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
