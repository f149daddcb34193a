import { JsonRpcProvider } from 'ethers'
import { LOCAL_CHAIN_ID } from './chains-file'

const POLLING_INTERVAL_MS = 100

/** A provider for a local Anvil: no cache (a block may come at any moment) and no detection of a network that is known. */
export function localProvider(rpcUrl: string): JsonRpcProvider {
  return new JsonRpcProvider(rpcUrl, LOCAL_CHAIN_ID, {
    cacheTimeout: -1,
    pollingInterval: POLLING_INTERVAL_MS,
    staticNetwork: true,
  })
}
