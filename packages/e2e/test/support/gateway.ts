import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { freePortBase } from '@ctrip/local-stack/ports'
import { reorganize } from '@ctrip/local-stack/reorganize'
import type { ChainDescriptor, StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { type StartOptions, startStack } from '@ctrip/local-stack/start-stack'
import { testFeed } from '@ctrip/local-stack/test-feed'
import { testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type ReceivedWebhook, startWebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import { type JsonRpcProvider, NonceManager, Wallet } from 'ethers'
import { type Api, openApi, type Payment, type Sweep } from './api'

const SETTLED_TIMEOUT_MS = 90_000

/** The whole gateway as processes, a merchant with an inbox, and a customer with money. */
export interface Gateway {
  readonly dataFolder: string
  readonly chain: ChainDescriptor
  readonly provider: JsonRpcProvider
  readonly api: Api
  descriptor(): StackDescriptor
  received(): readonly ReceivedWebhook[]
  create(asset: 'ETH' | 'USDC', amount: bigint, more?: object): Promise<Payment>
  /** Sends money to an address, and waits until it is in a block. Returns the block's number. */
  send(asset: 'ETH' | 'USDC', to: string, amount: bigint): Promise<number>
  /** Sets the price of a feed of the local chain, as a round of its own. */
  setAnswer(asset: 'ETH' | 'EUR', answer: bigint): Promise<void>
  /** Adds money to an address without a transaction. */
  setBalance(address: string, wei: bigint): Promise<void>
  /** Replaces this block and all above it, with their transactions, by empty ones. */
  reorgFrom(blockNumber: number): Promise<void>
  /** Creates a payment and pays it in full. */
  pay(asset: 'ETH' | 'USDC', amount: bigint): Promise<Payment>
  untilStatus(id: string, status: string, timeoutMs?: number): Promise<Payment>
  untilWebhook(id: string, type: string, timeoutMs?: number): Promise<ReceivedWebhook>
  webhooksOf(id: string): ReceivedWebhook[]
  treasuryBalance(asset: 'ETH' | 'USDC'): Promise<bigint>
  sweepsOf(id: string): Promise<Sweep[]>
  stop(): Promise<void>
}

export async function startGateway(options: Partial<StartOptions> = {}): Promise<Gateway> {
  const { blockTimeSeconds = 1 } = options
  const dataFolder = mkdtempSync(join(tmpdir(), 'ctrip-e2e-'))
  const stack = await startStack({ dataFolder, portBase: await freePortBase(), ...options, blockTimeSeconds })
  const {
    api: { url },
    merchant,
    chains,
  } = stack.descriptor()
  const chain = chains[0]
  if (chain === undefined || chain.funded_private_key === null) throw new Error('the stack has no funded chain')
  const api = openApi(url, merchant.api_key)
  const provider = localProvider(chain.rpc_url)
  const customer = new NonceManager(new Wallet(chain.funded_private_key, provider))
  const usdc = testToken(chain.tokens.find(({ symbol }) => symbol === 'USDC')?.contract ?? '', customer)
  const inbox = await startWebhookInbox()
  inbox.expectSecret((await api.createEndpoint(inbox.url)).secret)

  async function send(asset: 'ETH' | 'USDC', to: string, amount: bigint): Promise<number> {
    const sent =
      asset === 'ETH' ? await customer.sendTransaction({ to, value: amount }) : await usdc.transfer(to, amount)
    const receipt = await sent.wait(1, 60_000)
    if (receipt === null) throw new Error(`${sent.hash} was not mined`)
    return receipt.blockNumber
  }

  const gateway: Gateway = {
    dataFolder,
    chain,
    provider,
    api,
    descriptor: stack.descriptor,
    received: inbox.received,
    create: (asset, amount, more = {}) =>
      api.createPayment({ chain: chain.name, asset, amount: amount.toString(), ...more }),
    send,
    async setAnswer(asset, answer) {
      const feed = testFeed(chain.feeds.find((one) => one.asset === asset)?.contract ?? '', customer)
      await (await feed.setAnswer(answer)).wait(1, 60_000)
    },
    setBalance: (address, wei) => provider.send('anvil_setBalance', [address, `0x${wei.toString(16)}`]),
    async reorgFrom(blockNumber) {
      await reorganize(provider.send.bind(provider), blockTimeSeconds, (head) => head - blockNumber + 1)
      customer.reset() // its nonces since then are free again
    },
    async pay(asset, amount) {
      const payment = await gateway.create(asset, amount)
      await send(asset, payment.address, amount)
      return payment
    },
    async untilStatus(id, status, timeoutMs = SETTLED_TIMEOUT_MS) {
      let payment: Payment | null = null
      await waitUntil(`${id} ${status}`, timeoutMs, async () => {
        payment = await api.payment(id)
        return payment.status === status
      })
      return payment ?? api.payment(id)
    },
    async untilWebhook(id, type, timeoutMs = 30_000) {
      const found = () => gateway.webhooksOf(id).find((webhook) => webhook.type === type)
      await waitUntil(`webhook ${type} of ${id}`, timeoutMs, async () => found() !== undefined)
      return found() as ReceivedWebhook
    },
    webhooksOf: (id) =>
      inbox.received().filter(({ body }) => (body as { data?: { payment?: { id: string } } }).data?.payment?.id === id),
    treasuryBalance: (asset) =>
      asset === 'ETH' ? provider.getBalance(chain.treasury) : usdc.balanceOf(chain.treasury),
    sweepsOf: async (id) => (await api.sweeps()).filter(({ items }) => items.some((item) => item.payment_id === id)),
    async stop() {
      provider.destroy()
      await inbox.stop()
      await stack.stop()
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
  return gateway
}
