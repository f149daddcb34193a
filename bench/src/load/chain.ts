import { join } from 'node:path'
import { newMnemonic, startAnvil } from '@ctrip/local-stack/anvil'
import { writeChainsFile } from '@ctrip/local-stack/chains-file'
import { localProvider } from '@ctrip/local-stack/local-provider'
import type { ForeignServers } from '@ctrip/local-stack/stack-options'
import { deployToken } from '@ctrip/local-stack/test-token'
import { Wallet } from 'ethers'

const BLOCK_TIME_SECONDS = 1
const GAS_WALLET_WEI = `0x${(10n ** 21n).toString(16)}`

export interface LoadChain {
  readonly rpcUrl: string
  readonly pid: number
  readonly token: string
  /** Anvil signs for it. */
  readonly fundedAddress: string
  /** The stack's configuration for this chain. */
  readonly foreign: ForeignServers
  stop(): Promise<void>
}

/** A chain of our own that keeps nothing on disk: the local stack's writes all of its state every two seconds. */
export async function startChain(folder: string): Promise<LoadChain> {
  const {
    url: rpcUrl,
    pid,
    fundedAddress,
    fundedPrivateKey,
    stop,
  } = await startAnvil({ blockTime: BLOCK_TIME_SECONDS })
  const token = await deployToken({ rpcUrl, privateKey: fundedPrivateKey })
  const gasWallet = Wallet.createRandom()
  const provider = localProvider(rpcUrl)
  await provider.send('anvil_setBalance', [gasWallet.address, GAS_WALLET_WEI])
  provider.destroy()
  const chainsFile = join(folder, 'load-chains.yaml')
  const treasury = Wallet.createRandom().address
  // Anvil takes 600 ms to trace a block of 50 transactions (it replays the previous ones for each), which would dominate the result.
  const internalTransfers = 'none'
  writeChainsFile(chainsFile, { rpcUrl, blockTimeSeconds: BLOCK_TIME_SECONDS, treasury, token, internalTransfers })
  const foreign = { chainsFile, depositMnemonic: newMnemonic(), gasWalletPrivateKey: gasWallet.privateKey }
  return { rpcUrl, pid, token, fundedAddress, foreign, stop }
}
