import type { ChainConfig } from '@ctrip/chain/chain-config'
import { loadChains } from '@ctrip/chain/chains-config'
import type { Command } from 'commander'
import { UsageError } from './answer'
import { readEnvironment } from './environment'

/** The option that says which `chains.yaml` is meant. */
export function withChainsOption(command: Command): Command {
  return command.option('--chains-file <file>', "chains.yaml, instead of CHAINS_FILE or the local stack's")
}

/** Every chain of it. */
export function configuredChains(options: {
  readonly chainsFile?: string
  readonly data: string
}): readonly ChainConfig[] {
  const { chainsFile, all } = readEnvironment()
  const loaded = loadChains(options.chainsFile ?? chainsFile ?? `${options.data}/chains.yaml`, all)
  if (!loaded.ok) throw new UsageError(loaded.problems.join('\n'))
  return loaded.chains
}
