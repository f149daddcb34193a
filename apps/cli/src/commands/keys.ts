import type { Command } from 'commander'
import { answersWith } from '../answer'
import { keySchema, listOf, newKeySchema } from '../api-schemas'
import { adminApi, withConnection } from '../connection'
import { publicId } from '../public-id'
import { renderTable } from '../render/table'

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description("merchants' API keys")

  const create = keys
    .command('create <merchant-id>')
    .description('make a key; it is shown this once')
    .option('--name <name>', 'what it is for')
  answersWith(withConnection(create), async (options, merchantId: string) => {
    const { name } = create.opts<{ name?: string }>()
    const key = await adminApi(options).post(keysPath(merchantId), name === undefined ? {} : { name }, newKeySchema)
    return { text: `${key.id}\n${key.key}`, json: key }
  })

  const list = keys.command('list <merchant-id>').description("a merchant's keys, without the keys themselves")
  answersWith(withConnection(list), async (options, merchantId: string) => {
    const { data } = await adminApi(options).get(keysPath(merchantId), listOf(keySchema))
    const rows = data.map((key) => [key.id, key.created_at, key.revoked_at ? 'revoked' : 'active', key.name ?? ''])
    return { text: renderTable(rows), json: data }
  })

  const revoke = keys.command('revoke <key-id>').description('end a key, at once')
  answersWith(withConnection(revoke), async (options, keyId: string) => {
    await adminApi(options).delete(`/admin/api-keys/${encodeURIComponent(keyId)}`)
    return { text: `${keyId} is revoked`, json: { id: keyId, revoked: true } }
  })
}

function keysPath(merchantId: string): string {
  return `/admin/merchants/${encodeURIComponent(publicId('merchant', merchantId))}/api-keys`
}
