import { type JsonRpcProvider, Wallet } from 'ethers'
import type { BrowserContext } from 'playwright-core'

interface Call {
  readonly method: string
  readonly params?: readonly Record<string, string>[]
}

type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } }

export interface FakeWallet {
  readonly address: string
  /** Every method that the page called, in order. */
  readonly calls: readonly string[]
  /** Its owner declines from now on. */
  declines(): void
}

declare global {
  interface Window {
    askFakeWallet(call: Call): Promise<Answer>
  }
}

const OTHER_CHAIN = '0x1'

/**
 * A browser wallet (EIP-6963, EIP-1193) with a real key that sends real transactions. It is on another chain and does not know
 * ours, like a customer's wallet.
 */
export async function installWallet(context: BrowserContext, provider: JsonRpcProvider): Promise<FakeWallet> {
  const wallet = new Wallet(Wallet.createRandom().privateKey, provider)
  const known = new Set([OTHER_CHAIN])
  const calls: string[] = []
  let current = OTHER_CHAIN
  let declining = false

  const methods: Record<string, (parameter: Record<string, string>) => Promise<Answer>> = {
    eth_requestAccounts: async () => ({ result: [wallet.address] }),
    eth_chainId: async () => ({ result: current }),
    wallet_addEthereumChain: async ({ chainId = '' }) => {
      known.add(chainId)
      return { result: null }
    },
    wallet_switchEthereumChain: async ({ chainId = '' }) => {
      if (!known.has(chainId)) return { error: { code: 4902, message: 'Unrecognized chain' } }
      current = chainId
      return { result: null }
    },
    eth_sendTransaction: async ({ to = '', value = '0x0', data = '0x', chainId }) => {
      if (declining) return { error: { code: 4001, message: 'User rejected the request' } }
      if (chainId !== current) return { error: { code: -32602, message: `on ${current}, not on ${chainId}` } }
      return { result: (await wallet.sendTransaction({ to, value, data })).hash }
    },
  }

  await context.exposeFunction('askFakeWallet', async ({ method, params }: Call): Promise<Answer> => {
    calls.push(method)
    return (await methods[method]?.(params?.[0] ?? {})) ?? { error: { code: -32601, message: method } }
  })
  await context.addInitScript(announce)
  return {
    address: wallet.address,
    calls,
    declines: () => {
      declining = true
    },
  }
}

/** Runs in the page. */
function announce(): void {
  const provider = {
    async request(call: Call): Promise<unknown> {
      const answer = await window.askFakeWallet(call)
      if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error)
      return answer.result
    },
  }
  const icon =
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="orange" d="M0 0h1v1H0z"/></svg>'
  const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'Test Wallet', icon, rdns: 'example.wallet' }
  const detail = Object.freeze({ info, provider })
  const tell = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  window.addEventListener('eip6963:requestProvider', tell)
}
