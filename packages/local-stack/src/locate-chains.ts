import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { type Anvil, startAnvil } from './anvil'
import { describeForeignChains, LOCAL_CHAIN_ID, LOCAL_CHAIN_NAME, LOCAL_TOKEN, writeChainsFile } from './chains-file'
import { type KeptProcess, keepRunning } from './keep-running'
import { FEED_DECIMALS, type LocalContracts, setUpChain } from './local-chain'
import type { ServerPlan } from './server-plan'
import type { ChainDescriptor } from './stack-descriptor'
import type { StopList } from './stop-list'

const CHAINS_FILE = 'chains.yaml'

export interface LocatedChains {
  readonly chainsFile: string
  readonly depositMnemonic: string
  readonly gasWalletPrivateKey: string
  readonly describe: () => ChainDescriptor[]
  /** Stops mining, on a chain of our own. */
  readonly pause: () => Promise<void>
}

/** The chains of the user's file, or a local one of our own with a test token on it. */
export async function locateChains(plan: ServerPlan, stops: Pick<StopList, 'add'>): Promise<LocatedChains> {
  return plan.options.foreign.chainsFile === undefined ? await localChain(plan, stops) : foreignChains(plan)
}

/** Keeps a copy of the user's file in the data folder, where `ctrip … --data` looks for the chains of this stack. */
function foreignChains({ options: { foreign, dataFolder }, secrets }: ServerPlan): LocatedChains {
  const chainsFile = join(dataFolder, CHAINS_FILE)
  if (foreign.chainsFile !== undefined && foreign.chainsFile !== chainsFile)
    copyFileSync(foreign.chainsFile, chainsFile)
  const gasWalletPrivateKey = foreign.gasWalletPrivateKey ?? secrets.gas_wallet_private_key
  const described = describeForeignChains(chainsFile, new Wallet(gasWalletPrivateKey).address, process.env)
  return {
    chainsFile,
    depositMnemonic: foreign.depositMnemonic ?? secrets.deposit_mnemonic,
    gasWalletPrivateKey,
    describe: () => described,
    pause: async () => undefined,
  }
}

/** Keys from the user are ignored, because a local chain has generated keys only. */
async function localChain(plan: ServerPlan, stops: Pick<StopList, 'add'>): Promise<LocatedChains> {
  const { options, ports, secrets, keeping } = plan
  const { dataFolder: folder, blockTimeSeconds: blockTime } = options
  const start = () => startAnvil({ folder, port: ports.anvil, blockTime, mnemonic: secrets.chain_mnemonic })
  const anvil = await keepRunning(start, keeping)
  stops.add(anvil.stop)
  const { url: rpcUrl, fundedPrivateKey } = anvil.current()
  const gasWallet = new Wallet(secrets.gas_wallet_private_key).address
  const treasury = new Wallet(secrets.treasury_private_key).address
  const contracts = await setUpChain({ rpcUrl, fundedPrivateKey, gasWallet, dataFolder: folder })
  const chainsFile = join(folder, CHAINS_FILE)
  writeChainsFile(chainsFile, { rpcUrl, blockTimeSeconds: blockTime, treasury, ...contracts })
  return {
    chainsFile,
    depositMnemonic: secrets.deposit_mnemonic,
    gasWalletPrivateKey: secrets.gas_wallet_private_key,
    describe: () => [describeLocalChain(anvil, { treasury, gasWallet, ...contracts })],
    pause: () => anvil.current().pauseMining(),
  }
}

function describeLocalChain(
  anvil: KeptProcess<Anvil>,
  { treasury, gasWallet, token, feeds }: { treasury: string; gasWallet: string } & LocalContracts,
): ChainDescriptor {
  const { url, pid, fundedAddress, fundedPrivateKey } = anvil.current()
  return {
    name: LOCAL_CHAIN_NAME,
    chain_id: LOCAL_CHAIN_ID,
    rpc_url: url,
    pid,
    treasury,
    funded_private_key: fundedPrivateKey,
    funded_address: fundedAddress,
    gas_wallet: gasWallet,
    tokens: [{ ...LOCAL_TOKEN, contract: token }],
    feeds: feeds.map(({ asset, contract }) => ({ asset, currency: 'USD', contract, decimals: FEED_DECIMALS })),
  }
}
