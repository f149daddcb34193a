import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonRpcProvider, parseEther, Wallet } from 'ethers'
import { localProvider } from './local-provider'
import { deployToken } from './test-token'

const GAS_WALLET_MIN = parseEther('100')
const GAS_WALLET_FILL = parseEther('1000')

export interface ChainSetUp {
  readonly rpcUrl: string
  readonly fundedPrivateKey: string
  readonly gasWallet: string
  readonly dataFolder: string
}

/** Makes a new chain usable: gas for the sweeper, and a token, deployed once per data folder. Returns the token's address. */
export async function setUpChain(options: ChainSetUp): Promise<string> {
  const provider = localProvider(options.rpcUrl)
  try {
    await fillGasWallet(new Wallet(options.fundedPrivateKey, provider), options.gasWallet)
    return await findOrDeployToken(provider, options)
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

async function findOrDeployToken(provider: JsonRpcProvider, options: ChainSetUp): Promise<string> {
  const file = join(options.dataFolder, 'token')
  if (existsSync(file)) {
    const address = readFileSync(file, 'utf8').trim()
    // The chain's state may have been lost where this file was not.
    if ((await provider.getCode(address)) !== '0x') return address
  }
  const address = await deployToken({ rpcUrl: options.rpcUrl, privateKey: options.fundedPrivateKey })
  writeFileSync(file, `${address}\n`)
  return address
}
