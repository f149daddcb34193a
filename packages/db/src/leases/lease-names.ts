/** The right to write a chain's blocks, transfers and payments. */
export function writerLease(chainId: number): string {
  return `chain-writer:${chainId}`
}

/** The right to give out the nonces of a chain's gas wallet. */
export function gasWalletLease(chainId: number): string {
  return `gas-wallet:${chainId}`
}
