import { type Anvil, type AnvilOptions, startAnvil } from '@ctrip/local-stack/anvil'
import { Contract, getCreateAddress, JsonRpcProvider, type TransactionRequest, Wallet } from 'ethers'
import type { ProviderConfig } from '../../src/chain-config'
import type { AdmissionOptions } from '../../src/rpc/admission'
import { RpcPool } from '../../src/rpc/rpc-pool'
import { SecretUrl } from '../../src/secret-url'
import type { Compiled } from './contracts'

const GAS_LIMIT = 2_000_000n

/** A real chain with a rich account, whose blocks are mined when the test says so. */
export interface Lab {
  readonly anvil: Anvil
  readonly pool: RpcPool
  readonly provider: JsonRpcProvider
  readonly funder: Wallet
  /** Signs and sends from the funder, and waits for no block. Returns the hash. */
  send(transaction: TransactionRequest): Promise<string>
  nextNonce(): number
  deploy(compiled: Compiled, value?: bigint): Promise<Contract>
  /** Mines one block of all that was sent, and returns its number. */
  mine(): Promise<number>
  close(): Promise<void>
}

export async function openLab(options: AnvilOptions = {}): Promise<Lab> {
  const anvil = await startAnvil(options)
  const provider = new JsonRpcProvider(anvil.url, undefined, {
    staticNetwork: true,
    cacheTimeout: -1,
    batchMaxCount: 1,
  })
  const funder = new Wallet(anvil.fundedPrivateKey, provider)
  const pool = poolOf([{ name: 'anvil', url: anvil.url }])
  await provider.send('evm_setAutomine', [false])
  let nonce = 0
  const nextNonce = () => nonce++
  const send = async (transaction: TransactionRequest) => {
    const sent = await funder.sendTransaction({ gasLimit: GAS_LIMIT, ...transaction, nonce: nextNonce() })
    return sent.hash
  }
  const mine = async () => {
    await provider.send('evm_mine', [])
    return Number(await provider.send('eth_blockNumber', []))
  }
  return {
    anvil,
    pool,
    provider,
    funder,
    send,
    nextNonce,
    async deploy({ abi, bytecode }, value = 0n) {
      const address = getCreateAddress({ from: funder.address, nonce })
      await send({ data: bytecode, value })
      await mine()
      return new Contract(address, abi, funder)
    },
    mine,
    async close() {
      provider.destroy()
      await pool.close()
      await anvil.stop()
    },
  }
}

export interface NamedUrl {
  readonly name: string
  readonly url: string
}

const CHAIN = { name: 'anvil', chainId: 31_337, blockTimeMs: 1_000, quorum: 1 }

export function poolOf(providers: readonly NamedUrl[], options: AdmissionOptions = {}): RpcPool {
  return new RpcPool({ ...CHAIN, providers: providers.map(providerConfig) }, options)
}

function providerConfig({ name, url }: NamedUrl): ProviderConfig {
  return { name, http: new SecretUrl(new URL(url)), ws: null }
}
