import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newMnemonic } from '@ctrip/local-stack/anvil'

import { localProvider } from '@ctrip/local-stack/local-provider'
import { signal } from '@ctrip/local-stack/outages'
import { freePortBase } from '@ctrip/local-stack/ports'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { deployToken, testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type JsonRpcProvider, NonceManager, parseEther, Wallet } from 'ethers'
import { type Api, openApi } from '../api-client'
import { type Payment, paymentSchema } from '../api-schemas'

export interface Trial {
  readonly rpcUrl: string
  readonly chainId: number
  readonly blockTimeSeconds: number
  readonly fundedKey: string
  /** On a chain of our own: a token is deployed and paid too, and the gas wallet is filled well. */
  readonly ownChain: boolean
  /** While the gateway is down, so many blocks pass; 0: it does not go down. */
  readonly outageBlocks: number
  readonly say: (text: string) => void
}

export interface PaidOrder {
  readonly asset: string
  readonly when: 'running' | 'after a restart' | 'during the outage'
  readonly status: string
  readonly seconds: number
}

const NAME = 'candidate'
const NATIVE_AMOUNT = parseEther('0.001')
const TOKEN_AMOUNT = 1_500_000n
const SETTLED_BLOCKS_MAX = 120
const SETTLED_MS_MIN = 180_000

interface Setting {
  readonly trial: Trial
  readonly provider: JsonRpcProvider
  readonly payer: NonceManager
  readonly token: string | null
  readonly start: () => Promise<Stack>
}

/**
 * Pays through a gateway of its own against the chain, to `settled`: while it runs, after all its services were killed, and in blocks that
 * passed while it was down. On a foreign chain the treasury is the payer's own account.
 */
export async function tryPayments(trial: Trial): Promise<PaidOrder[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-conformance-'))
  const provider = localProvider(trial.rpcUrl, trial.chainId)
  const payer = new NonceManager(new Wallet(trial.fundedKey, provider))
  let stack: Stack | null = null
  try {
    const setting = await setUp(trial, folder, provider, payer)
    stack = await setting.start()
    const paid = await settleOrders(setting, stack, 'running')
    trial.say('Killing every service')
    for (const { replicas } of Object.values(stack.descriptor().services))
      for (const { pid } of replicas) signal(pid, 'SIGKILL')
    paid.push(...(await settleOrders(setting, stack, 'after a restart')))
    if (trial.outageBlocks === 0) return paid
    const orders = await order(setting, stack, 'during the outage')
    await stack.stop()
    trial.say(`The gateway is down for ${trial.outageBlocks} blocks`)
    await pay(setting, orders)
    await passBlocks(setting)
    stack = await setting.start()
    return [...paid, ...(await settled(setting, stack, orders))]
  } finally {
    await stack?.stop()
    provider.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function setUp(trial: Trial, folder: string, provider: JsonRpcProvider, payer: NonceManager): Promise<Setting> {
  const gasWallet = Wallet.createRandom()
  const treasury = Wallet.createRandom().address
  const token = trial.ownChain
    ? await deployToken({ rpcUrl: trial.rpcUrl, privateKey: trial.fundedKey, chainId: trial.chainId })
    : null
  payer.reset()
  if (trial.ownChain) await (await payer.sendTransaction({ to: gasWallet.address, value: parseEther('10') })).wait()
  const chainsFile = join(folder, 'chains.yaml')
  writeFileSync(chainsFile, chainsYaml(trial, trial.ownChain ? treasury : new Wallet(trial.fundedKey).address, token))
  const foreign = { chainsFile, depositMnemonic: newMnemonic(), gasWalletPrivateKey: gasWallet.privateKey }
  const portBase = await freePortBase()
  const start = () =>
    startStack({
      dataFolder: join(folder, 'data'),
      portBase,
      foreign,
      onProgress: trial.say,
      environment: { LOG_LEVEL: 'warn' },
    })
  return { trial, provider, payer, token, start }
}

function chainsYaml(trial: Trial, treasury: string, token: string | null): string {
  const tokens = token === null ? [] : [{ symbol: 'USDC', contract: token, decimals: 6, min_sweep: '0' }]
  const chain = {
    name: NAME,
    chain_id: trial.chainId,
    providers: [{ name: NAME, http: trial.rpcUrl }],
    block_time_ms: Math.max(100, Math.round(trial.blockTimeSeconds * 1_000)),
    confirmations: { depth: 3 },
    finality: { depth: 64 },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    tokens,
    treasury,
    sweep: { max_gas_price_gwei: 500, max_fee_bps: 10_000, batch: { max_items: 100, max_wait_seconds: 1 } },
  }
  return JSON.stringify({ chains: [chain] })
}

interface Order {
  readonly payment: Payment
  readonly when: PaidOrder['when']
  readonly since: number
}

async function settleOrders(setting: Setting, stack: Stack, when: PaidOrder['when']): Promise<PaidOrder[]> {
  const orders = await order(setting, stack, when)
  await pay(setting, orders)
  return settled(setting, stack, orders)
}

async function order({ token, trial }: Setting, stack: Stack, when: PaidOrder['when']): Promise<Order[]> {
  const assets = [
    { asset: 'ETH', amount: NATIVE_AMOUNT },
    ...(token === null ? [] : [{ asset: 'USDC', amount: TOKEN_AMOUNT }]),
  ]
  const orders: Order[] = []
  for (const { asset, amount } of assets) {
    const body = { chain: NAME, asset, amount: amount.toString(), expires_in: 86_400 }
    const payment = await persistently(() => apiOf(stack).post('/payments', body, paymentSchema))
    trial.say(`Created ${payment.id}: ${payment.amount_display} ${asset}, ${when}`)
    orders.push({ payment, when, since: Date.now() })
  }
  return orders
}

async function pay({ payer, provider, token }: Setting, orders: readonly Order[]): Promise<void> {
  for (const { payment } of orders) {
    const { asset, address, amount } = payment
    const sent =
      asset.contract === null || token === null
        ? await payer.sendTransaction({ to: address, value: BigInt(amount) })
        : await testToken(token, payer).transfer(address, BigInt(amount))
    await provider.waitForTransaction(sent.hash, 1)
  }
}

async function settled({ trial }: Setting, stack: Stack, orders: readonly Order[]): Promise<PaidOrder[]> {
  const timeoutMs = Math.max(SETTLED_MS_MIN, SETTLED_BLOCKS_MAX * trial.blockTimeSeconds * 1_000)
  const done: PaidOrder[] = []
  for (const { payment, when, since } of orders) {
    let status = payment.status
    await waitUntil('settlement', timeoutMs, async () => {
      status = (await apiOf(stack).get(`/payments/${payment.id}`, paymentSchema)).status
      return status === 'settled'
    }).catch(() => undefined) // the status says it
    const seconds = Math.round((Date.now() - since) / 1000)
    trial.say(`${payment.asset.symbol} ${when}: ${status} after ${seconds} s`)
    done.push({ asset: payment.asset.symbol, when, status, seconds })
  }
  return done
}

/** Anvil and hardhat mine when told to, one block at a time: what hardhat mines at once is not linked. Another node takes its time. */
async function passBlocks({ provider, trial }: Setting): Promise<void> {
  const until = (await provider.getBlockNumber()) + trial.outageBlocks
  while ((await provider.getBlockNumber()) < until) {
    const mined = await provider.send('evm_mine', []).then(
      () => true,
      () => false, // it has no such method
    )
    if (!mined) await sleep(trial.blockTimeSeconds * 500)
  }
}

function apiOf(stack: Stack): Api {
  const { api, merchant } = stack.descriptor()
  return openApi(api.url, merchant.api_key)
}

/** The API may just be starting again. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(500)
    }
  }
}
