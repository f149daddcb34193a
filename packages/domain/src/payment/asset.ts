import { type Address, toChecksum } from '../address'
import type { Amount } from '../amount'
import type { Asset } from './payment'

/** SLIP-44 coin type 60 stands for the native coin of any EVM chain where the chain has no registered type of its own. */
const NATIVE = 'slip44:60'

/** CAIP-19 asset id, e.g. `eip155:1/erc20:0x…`. */
export function caip19(chainId: number, asset: Asset): string {
  return `eip155:${chainId}/${asset.contract === null ? NATIVE : `erc20:${toChecksum(asset.contract)}`}`
}

/** EIP-681 payment request, for wallets that scan a QR code. */
export function paymentUri(
  to: { readonly chainId: number; readonly asset: Asset; readonly address: Address },
  value: Amount,
): string {
  const recipient = toChecksum(to.address)
  if (to.asset.contract === null) return `ethereum:${recipient}@${to.chainId}?value=${value}`
  return `ethereum:${toChecksum(to.asset.contract)}@${to.chainId}/transfer?address=${recipient}&uint256=${value}`
}
