import { JsonRpcProvider } from 'ethers'
import { LOCAL_CHAIN_ID } from './chains-file'

const POLLING_INTERVAL_MS = 100

/** A provider for a node of known chain id, by default the local Anvil: no cache (a block may come at any moment) and no detection of a network that is known. */
export function localProvider(rpcUrl: string, chainId = LOCAL_CHAIN_ID): JsonRpcProvider {
  return new JsonRpcProvider(rpcUrl, chainId, {
    cacheTimeout: -1,
    pollingInterval: POLLING_INTERVAL_MS,
    staticNetwork: true,
  })
}
