import type { ChainConfig } from '@ctrip/chain/chain-config'
import { encodeTransferCall } from '@ctrip/chain/erc20'
import { toChecksum } from '@ctrip/domain/address'
import type { CheckoutView } from './checkout-view'

/** What a wallet in the browser is asked to send (EIP-1193 `eth_sendTransaction`), and the chain if it does not know it. */
export interface WalletTransaction {
  readonly chainId: string
  readonly to: string
  readonly value: string
  readonly data: string
  /** EIP-3085 parameters; null where no address of a node is public: ours carry keys. */
  readonly addChain: object | null
}

export function walletTransaction({ payment, remaining, chain }: CheckoutView): WalletTransaction {
  const { contract } = payment.asset
  const what =
    contract === null
      ? { to: toChecksum(payment.address), value: hex(remaining), data: '0x' }
      : { to: toChecksum(contract), value: '0x0', data: encodeTransferCall(payment.address, remaining) }
  return { chainId: hex(payment.chainId), ...what, addChain: chain === null ? null : addChainParameters(chain) }
}

function addChainParameters({ displayName, chainId, native, explorerUrl, publicRpcUrl }: ChainConfig): object | null {
  if (publicRpcUrl === null) return null
  return {
    chainId: hex(chainId),
    chainName: displayName,
    // Wallets take 18 decimals and no others, whatever the coin.
    nativeCurrency: { name: native.symbol, symbol: native.symbol, decimals: 18 },
    rpcUrls: [publicRpcUrl],
    ...(explorerUrl === null ? {} : { blockExplorerUrls: [explorerUrl] }),
  }
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
