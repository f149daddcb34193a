import { type Command, InvalidArgumentError } from 'commander'
import { answersWith } from '../answer'
import { keySchema, listOf, newKeySchema, rolledKeySchema } from '../api-schemas'
import { adminApi, withConnection } from '../connection'
import { publicId } from '../public-id'
import { renderTable } from '../render/table'

interface CreateOptions {
  readonly name?: string
  readonly scopes?: string[]
  readonly expiresIn?: number
  readonly allowedCidr?: string[]
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description("merchants' API keys")
  addCreate(keys)
  addList(keys)
  addRoll(keys)

  const revoke = keys.command('revoke <key-id>').description('end a key, at once')
  answersWith(withConnection(revoke), async (options, keyId: string) => {
    await adminApi(options).delete(`/admin/api-keys/${encodeURIComponent(keyId)}`)
    return { text: `${keyId} is revoked`, json: { id: keyId, revoked: true } }
  })
}

function addCreate(keys: Command): void {
  const create = keys
    .command('create <merchant-id>')
    .description('make a key; it is shown this once')
    .option('--name <name>', 'what it is for')
    .option(
      '--scopes <list>',
      'what it may do, such as payments:read,payments:write; everything, unless given',
      splitList,
    )
    .option('--expires-in <time>', 'seconds, or such as 12h or 90d; never, unless given', parseDuration)
    .option('--allowed-cidr <cidr...>', 'networks that it may be used from; all, unless given')
  answersWith(withConnection(create), async (options, merchantId: string) => {
    const { name, scopes, expiresIn, allowedCidr } = create.opts<CreateOptions>()
    const terms = { name, scopes, expires_in: expiresIn, allowed_cidrs: allowedCidr }
    const key = await adminApi(options).post(keysPath(merchantId), terms, newKeySchema)
    return { text: `${key.id}\n${key.key}`, json: key }
  })
}

function addList(keys: Command): void {
  const list = keys.command('list <merchant-id>').description("a merchant's keys, without the keys themselves")
  answersWith(withConnection(list), async (options, merchantId: string) => {
    const { data } = await adminApi(options).get(keysPath(merchantId), listOf(keySchema))
    const rows = data.map((key) => [
      key.id,
      key.created_at,
      key.revoked_at ? 'revoked' : key.expires_at ? `until ${key.expires_at}` : 'active',
      key.scopes?.join(',') ?? 'all scopes',
      key.allowed_cidrs?.join(',') ?? 'all networks',
      key.name ?? '',
    ])
    return { text: renderTable(rows), json: data }
  })
}

function addRoll(keys: Command): void {
  const roll = keys
    .command('roll <key-id>')
    .description('replace a key by a new one with the same limits; both work during the overlap')
    .option(
      '--overlap <time>',
      'how long the old key still works: seconds, or such as 12h or 2d',
      parseDuration,
      86_400,
    )
    .option('--expires-in <time>', 'of the new key; as long as the old one was given, unless given', parseDuration)
  answersWith(withConnection(roll), async (options, keyId: string) => {
    const { overlap, expiresIn } = roll.opts<{ overlap: number; expiresIn?: number }>()
    const terms = { overlap_seconds: overlap, expires_in: expiresIn }
    const path = `/admin/api-keys/${encodeURIComponent(publicId('apiKey', keyId))}/roll`
    const key = await adminApi(options).post(path, terms, rolledKeySchema)
    return { text: `${key.id}\n${key.key}\n${key.replaces.id} works until ${key.replaces.expires_at}`, json: key }
  })
}

function keysPath(merchantId: string): string {
  return `/admin/merchants/${encodeURIComponent(publicId('merchant', merchantId))}/api-keys`
}

function splitList(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 }

function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? []
  const seconds = SECONDS_OF_UNIT[unit ?? '']
  if (count === undefined || seconds === undefined)
    throw new InvalidArgumentError('It must be a number of seconds, or such as 30m, 12h or 90d.')
  return Number(count) * seconds
}
