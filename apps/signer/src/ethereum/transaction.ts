import type {
  AuthorizationRequest,
  RequestedAuthorization,
  RequestedTransaction,
} from '@ctrip/signer-protocol/messages'
import { fromHex, keccak, toHex } from './bytes'
import { encodeRlp, integerBytes, type RlpItem } from './rlp'

/** An ECDSA signature on secp256k1; s is in the lower half of the curve's order (EIP-2). */
export interface Signature {
  readonly r: bigint
  readonly s: bigint
  readonly yParity: 0 | 1
}

/** EIP-7702's domain of authorizations. */
const AUTHORIZATION_MAGIC = 0x05

/** The hash that a transaction's signature covers: EIP-155 for a gas price, EIP-1559 for two fees, EIP-7702 with authorizations. */
export function transactionDigest(transaction: RequestedTransaction): Uint8Array {
  const { type, fields } = fieldsOf(transaction)
  if (type !== null) return keccak(Buffer.concat([Uint8Array.of(type), encodeRlp(fields)]))
  return keccak(encodeRlp([...fields, integerBytes(transaction.chain_id), integerBytes(0), integerBytes(0)]))
}

/** The signed transaction as its bytes, and the hash that it is mined under. */
export function sealTransaction(
  transaction: RequestedTransaction,
  { r, s, yParity }: Signature,
): { readonly raw: string; readonly hash: string } {
  const { type, fields } = fieldsOf(transaction)
  const v = type === null ? BigInt(transaction.chain_id) * 2n + 35n + BigInt(yParity) : BigInt(yParity)
  const body = encodeRlp([...fields, integerBytes(v), integerBytes(r), integerBytes(s)])
  const raw = type === null ? body : Buffer.concat([Uint8Array.of(type), body])
  return { raw: toHex(raw), hash: toHex(keccak(raw)) }
}

/** The hash that an authorization's signature covers (EIP-7702). */
export function authorizationDigest(authorization: AuthorizationRequest['authorization']): Uint8Array {
  const { chain_id, address, nonce } = authorization
  const body = encodeRlp([integerBytes(chain_id), fromHex(address), integerBytes(nonce)])
  return keccak(Buffer.concat([Uint8Array.of(AUTHORIZATION_MAGIC), body]))
}

/** The address of the contract that this account creates with this nonce. */
export function createdAddress(from: string, nonce: number): string {
  return toHex(keccak(encodeRlp([fromHex(from), integerBytes(nonce)])).subarray(12))
}

function fieldsOf(transaction: RequestedTransaction): { readonly type: number | null; readonly fields: RlpItem[] } {
  const { chain_id, nonce, to, value, data, gas_limit, fees, authorizations } = transaction
  const target = to === null ? new Uint8Array(0) : fromHex(to)
  const common = [integerBytes(gas_limit), target, integerBytes(value), fromHex(data)]
  if ('gas_price' in fees) return { type: null, fields: [integerBytes(nonce), integerBytes(fees.gas_price), ...common] }
  const priced = [integerBytes(fees.max_priority_fee_per_gas), integerBytes(fees.max_fee_per_gas), ...common]
  const fields: RlpItem[] = [integerBytes(chain_id), integerBytes(nonce), ...priced, []]
  if (authorizations.length === 0) return { type: 2, fields }
  return { type: 4, fields: [...fields, authorizations.map(authorizationFields)] }
}

function authorizationFields({ chain_id, address, nonce, y_parity, r, s }: RequestedAuthorization): RlpItem {
  const signature = [integerBytes(y_parity), integerBytes(BigInt(r)), integerBytes(BigInt(s))]
  return [integerBytes(chain_id), fromHex(address), integerBytes(nonce), ...signature]
}
