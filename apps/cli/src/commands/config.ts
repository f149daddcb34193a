import { parseAccountXpub } from '@ctrip/chain/addresses'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { loadChains } from '@ctrip/chain/chains-config'
import type { Check } from '@ctrip/chain/checks/judge-provider'
import { gasWalletProblems } from '@ctrip/chain/checks/judge-treasury'
import { type Address, parseAddress } from '@ctrip/domain/address'
import type { Command } from 'commander'
import { computeAddress, isHexString } from 'ethers'
import { type Answer, answersWith, UsageError } from '../answer'
import { checkOutside } from '../check-outside'
import { readEnvironment } from '../environment'
import { renderChecks } from '../render/checks'

interface CheckedConfig {
  readonly chains: readonly ChainConfig[]
  readonly problems: readonly string[]
}

export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('the configuration')
  const check = config
    .command('check')
    .description(
      'check chains.yaml, and DEPOSIT_XPUB and GAS_WALLET_PRIVATE_KEY if they are set; every problem is listed',
    )
    .option('--chains <file>', 'instead of CHAINS_FILE')
    .option('--online', 'ask providers, tokens and treasuries too (and the database, if DATABASE_URL is set)')
  answersWith(check, async () => {
    const env = readEnvironment()
    const options = check.opts<{ chains?: string; online?: boolean }>()
    const file = options.chains ?? env.chainsFile
    if (file === undefined) throw new UsageError('which file? Set CHAINS_FILE or give --chains')
    const checked = checkConfig(file, env)
    const online = options.online === true ? await checkOutside(checked.chains, env.databaseUrl) : []
    return report(checked, online)
  })
}

function report({ chains, problems }: CheckedConfig, checks: readonly Check[]): Answer {
  const faults = checks.filter(({ verdict }) => verdict === 'fault')
  const names = chains.map(({ name, chainId }) => `${name} (${chainId})`)
  const json = { ok: problems.length + faults.length === 0, chains: names, problems, checks }
  const offline =
    problems.length === 0 ? `ok: ${names.join(', ')}` : problems.map((problem) => `- ${problem}`).join('\n')
  const text = checks.length === 0 ? offline : `${offline}\n${renderChecks(checks)}`
  if (problems.length > 0) return { text, json, failure: 'the configuration is wrong' }
  if (faults.length > 0) return { text, json, failure: `${faults.length} check(s) failed` }
  return { text, json }
}

function checkConfig(file: string, env: ReturnType<typeof readEnvironment>): CheckedConfig {
  const loaded = loadChains(file, env.all)
  const xpub = env.depositXpub === undefined ? null : parseAccountXpub(env.depositXpub)
  const chains = loaded.ok ? loaded.chains : []
  return {
    chains,
    problems: [
      ...(loaded.ok ? [] : loaded.problems),
      ...(xpub === null || xpub.ok ? [] : [`DEPOSIT_XPUB ${xpub.problem}`]),
      ...gasWalletFaults(chains, env.gasWalletPrivateKey),
    ],
  }
}

function gasWalletFaults(chains: readonly ChainConfig[], key: string | undefined): readonly string[] {
  if (key === undefined) return []
  const gasWallet = addressOf(key)
  return gasWallet === null ? ['GAS_WALLET_PRIVATE_KEY is no private key'] : gasWalletProblems(chains, gasWallet)
}

/** Null where it is no private key; why not is not said, as the reason could hold a part of it. */
function addressOf(privateKey: string): Address | null {
  const hex = privateKey.startsWith('0x') ? privateKey : `0x${privateKey}`
  try {
    return isHexString(hex, 32) ? parseAddress(computeAddress(hex)) : null
  } catch {
    return null // 0, or above the order of the curve
  }
}
