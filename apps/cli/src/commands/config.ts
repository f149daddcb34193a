import { parseAccountXpub } from '@ctrip/chain/addresses'
import { loadChains } from '@ctrip/chain/chains-config'
import type { Command } from 'commander'
import { answersWith, UsageError } from '../answer'
import { readEnvironment } from '../environment'

export function addConfigCommands(program: Command): void {
  const config = program.command('config').description('the configuration')
  const check = config
    .command('check')
    .description('check chains.yaml, and DEPOSIT_XPUB if it is set; every problem is listed')
    .option('--chains <file>', 'instead of CHAINS_FILE')
  answersWith(check, async () => {
    const env = readEnvironment()
    const file = check.opts<{ chains?: string }>().chains ?? env.chainsFile
    if (file === undefined) throw new UsageError('which file? Set CHAINS_FILE or give --chains')
    const { chains, problems } = checkConfig(file, env.depositXpub, env.all)
    const json = { ok: problems.length === 0, chains, problems }
    if (problems.length === 0) return { text: `ok: ${chains.join(', ')}`, json }
    return { text: problems.map((problem) => `- ${problem}`).join('\n'), json, failure: 'the configuration is wrong' }
  })
}

function checkConfig(
  file: string,
  xpub: string | undefined,
  env: NodeJS.ProcessEnv,
): { chains: string[]; problems: string[] } {
  const loaded = loadChains(file, env)
  const parsedXpub = xpub === undefined ? { ok: true as const } : parseAccountXpub(xpub)
  return {
    chains: loaded.ok ? loaded.chains.map(({ name, chainId }) => `${name} (${chainId})`) : [],
    problems: [...(loaded.ok ? [] : loaded.problems), ...(parsedXpub.ok ? [] : [`DEPOSIT_XPUB ${parsedXpub.problem}`])],
  }
}
