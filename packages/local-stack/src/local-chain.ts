import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonRpcProvider, parseEther, Wallet } from 'ethers'
import type { LocalFeed } from './chains-file'
import { localProvider } from './local-provider'
import { deployFeed } from './test-feed'
import { deployToken } from './test-token'

const GAS_WALLET_MIN = parseEther('100')
const GAS_WALLET_FILL = parseEther('1000')

export interface ChainSetUp {
  readonly rpcUrl: string
  readonly fundedPrivateKey: string
  readonly gasWallet: string
  readonly dataFolder: string
}

export interface LocalContracts {
  readonly token: string
  readonly feeds: readonly LocalFeed[]
}

export const FEED_DECIMALS = 8
/** Dollars for one unit, when the chain is new. */
const FIRST_ANSWERS = { ETH: 3000n * 10n ** 8n, EUR: 110_000_000n } as const

/** Makes a new chain usable: gas for the sweeper, a token and price feeds, each deployed once per data folder. */
export async function setUpChain(options: ChainSetUp): Promise<LocalContracts> {
  const provider = localProvider(options.rpcUrl)
  try {
    await fillGasWallet(new Wallet(options.fundedPrivateKey, provider), options.gasWallet)
    const { rpcUrl, fundedPrivateKey: privateKey } = options
    const token = await findOrDeploy(provider, options, 'token', () => deployToken({ rpcUrl, privateKey }))
    const feeds: LocalFeed[] = []
    for (const asset of ['ETH', 'EUR'] as const) {
      const description = `${asset} / USD`
      const settings = { rpcUrl, privateKey, description, decimals: FEED_DECIMALS, answer: FIRST_ANSWERS[asset] }
      const file = `feed-${asset.toLowerCase()}-usd`
      feeds.push({ asset, contract: await findOrDeploy(provider, options, file, () => deployFeed(settings)) })
    }
    return { token, feeds }
  } finally {
    provider.destroy()
  }
}

async function fillGasWallet(funded: Wallet, gasWallet: string): Promise<void> {
  const balance = (await funded.provider?.getBalance(gasWallet)) ?? 0n
  if (balance >= GAS_WALLET_MIN) return
  const transaction = await funded.sendTransaction({ to: gasWallet, value: GAS_WALLET_FILL })
  await transaction.wait()
}

async function findOrDeploy(
  provider: JsonRpcProvider,
  { dataFolder }: ChainSetUp,
  name: string,
  deploy: () => Promise<string>,
): Promise<string> {
  const file = join(dataFolder, name)
  if (existsSync(file)) {
    const address = readFileSync(file, 'utf8').trim()
    // The chain's state may have been lost where this file was not.
    if ((await provider.getCode(address)) !== '0x') return address
  }
  const address = await deploy()
  writeFileSync(file, `${address}\n`)
  return address
}
