import { setTimeout as sleep } from 'node:timers/promises'
import { Wallet } from 'ethers'
import { jsonRpc, NodeError } from './json-rpc'
import type { Random } from './random'

const MAX_FEE_WEI = 2_000n * 10n ** 9n // above any gas spike of the faults
const GAS_LIMIT = 200_000n

export interface Order {
  readonly to: string
  readonly value: bigint
  readonly data?: string
}

export interface Customer {
  readonly address: string
  /** Signs and sends one transaction after the other. Resolves when the node has it. */
  send(order: Order): Promise<void>
  /**
   * After a reorg: what the chain took back is sent again, the same bytes, or is never seen again; its nonces are then
   * free for other payments.
   */
  afterReorg(random: Random): Promise<void>
}

interface Sent {
  readonly nonce: number
  readonly hash: string
  readonly raw: string
}

export function newCustomer(url: string, chainId: number): Customer {
  const wallet = new Wallet(Wallet.createRandom().privateKey)
  let sent: Sent[] = []
  let nonce = 0
  let turn: Promise<unknown> = Promise.resolve()

  /** One at a time: nonces are given in order. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined) // the caller sees the failure; the next transaction is sent anyway
    return result
  }

  async function submit(order: Order): Promise<void> {
    const fees = { maxFeePerGas: MAX_FEE_WEI, maxPriorityFeePerGas: 10n ** 9n, gasLimit: GAS_LIMIT }
    const raw = await wallet.signTransaction({ type: 2, chainId, nonce, ...fees, ...order })
    try {
      const hash = await jsonRpc<string>(url, 'eth_sendRawTransaction', raw)
      sent.push({ nonce, hash, raw })
      nonce += 1
    } catch (error) {
      // A reorg may have changed the nonce since: the next payment asks the node.
      nonce = Number(await jsonRpc<string>(url, 'eth_getTransactionCount', wallet.address, 'pending'))
      throw error
    }
  }

  async function settleReorg(random: Random): Promise<void> {
    const onChain = Number(await jsonRpc<string>(url, 'eth_getTransactionCount', wallet.address, 'latest'))
    const lost = sent.filter((one) => one.nonce >= onChain)
    if (lost.length === 0) return
    if (random.chance(0.7)) {
      await sleep(random.between(0, 2_000))
      for (const { raw } of lost) await submitAgain(raw)
      return
    }
    for (const { hash } of lost.toReversed()) await jsonRpc(url, 'anvil_dropTransaction', hash)
    sent = sent.filter((one) => one.nonce < onChain)
    nonce = onChain
  }

  async function submitAgain(raw: string): Promise<void> {
    try {
      await jsonRpc(url, 'eth_sendRawTransaction', raw)
    } catch (error) {
      if (!(error instanceof NodeError)) throw error // the node may have kept it
    }
  }

  return {
    address: wallet.address,
    send: (order) => inTurn(() => submit(order)),
    afterReorg: (random) => inTurn(() => settleReorg(random)),
  }
}
