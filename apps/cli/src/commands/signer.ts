import { existsSync } from 'node:fs'
import { verifyLog } from '@ctrip/signer-protocol/signature-log'
import type { Command } from 'commander'
import { answersWith, UsageError } from '../answer'

export function addSignerCommands(program: Command): void {
  const verify = program
    .command('signer')
    .description('the service that holds the keys')
    .command('verify-log <file>')
    .description("check each hash and each link of the signer's log of signatures (SIGNER_LOG_PATH)")
    .option('--head <hash>', 'the hash that the newest entry must have, as the signer reported it')
  answersWith(verify, async () => {
    const [file = ''] = verify.args
    const { head } = verify.opts<{ head?: string }>()
    if (!existsSync(file)) throw new UsageError(`there is no file ${file}`)
    const verified = await verifyLog(file)
    if (!verified.ok) {
      const failure = `line ${verified.line} ${verified.problem}`
      return { text: '', json: { ok: false, line: verified.line, problem: verified.problem }, failure }
    }
    const { entries, tornBytes } = verified
    const text = `${entries} entries, each follows the one before; head ${verified.head}`
    const isWhole = head === undefined || head === verified.head
    return {
      text,
      json: { ok: isWhole, entries, head: verified.head, torn_bytes: tornBytes },
      ...(!isWhole && { failure: `its head is not ${head}: entries are missing at its end, or were added` }),
    }
  })
}
