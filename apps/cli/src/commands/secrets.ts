import { resealSecrets } from '@ctrip/db/database/reseal'
import { openSecretBox } from '@ctrip/db/database/secret-box'
import type { Command } from 'commander'
import { answersWith } from '../answer'
import { withDatabase, withDatabaseOption } from '../database-option'
import { readSecretsKeys } from '../environment'

export function addSecretsCommands(program: Command): void {
  const reseal = program
    .command('secrets')
    .description('what is stored encrypted')
    .command('reseal')
    .description(
      'seal all that is stored under an older SECRETS_KEY with the first of SECRETS_KEY=new,old; safe to break off and to repeat',
    )
  answersWith(withDatabaseOption(reseal), async () => {
    const box = openSecretBox(readSecretsKeys())
    const { resealed, current, unopened } = await withDatabase(reseal, (db) => resealSecrets(db, box))
    const text = `${resealed} sealed anew, ${current} were already; the other keys may go`
    return {
      text: unopened.length === 0 ? text : `${resealed} sealed anew, ${current} were already`,
      json: { resealed, current, unopened },
      ...(unopened.length > 0 && { failure: `none of the keys opens: ${unopened.join(', ')}` }),
    }
  })
}
