import type { ChainConfig } from '@ctrip/chain/chain-config'
import { loadChains } from '@ctrip/chain/chains-config'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { type Finding, failed, passed, type Subject } from './finding'

const TIMEOUT_MS = 5_000

/** The configuration, and each provider of each chain: it answers, and for the chain that it is said to be of. */
export async function checkConfigured({ chainsFile, env }: Subject): Promise<Finding[]> {
  if (chainsFile === undefined) return [failed('chains.yaml', 'no CHAINS_FILE', 'set CHAINS_FILE')]
  const loaded = loadChains(chainsFile, env)
  if (!loaded.ok)
    return loaded.problems.map((problem) => failed('chains.yaml', problem, 'mend it, then: ctrip config check'))
  const providers = await Promise.all(loaded.chains.map(checkProviders))
  return [passed('chains.yaml', `${loaded.chains.length} chain(s)`), ...providers.flat()]
}

async function checkProviders(chain: ChainConfig): Promise<Finding[]> {
  const pool = new RpcPool(chain)
  try {
    const answers = await pool.each('eth_chainId', [], { timeoutMs: TIMEOUT_MS })
    return answers.map((answer) => {
      const check = `rpc ${chain.name}/${answer.provider}`
      if (!answer.ok)
        return failed(
          check,
          answer.error.message,
          'is the URL right, and is the provider up? See the runbook ChainRpcDown',
        )
      const chainId = Number(answer.result)
      if (chainId === chain.chainId) return passed(check, `answers for chain ${chainId}`)
      return failed(
        check,
        `is of chain ${chainId}, not ${chain.chainId}`,
        'correct the URL or the chain_id in chains.yaml',
      )
    })
  } finally {
    await pool.close()
  }
}
