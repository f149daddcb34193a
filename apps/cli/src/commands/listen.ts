import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { UsageError } from '../answer'
import { merchantApi, withConnection } from '../connection'
import { onStop } from '../lifeline'
import { followEvents } from '../listen/follow-events'
import { forwardEvent } from '../listen/forward-event'
import { readSecret, withSecretOption } from '../secret-option'

const optionsSchema = z.object({
  forwardTo: z.string(),
  types: z.string(),
  secret: z.string().optional(),
  secretFile: z.string().optional(),
  json: z.boolean().default(false),
})
type ListenOptions = z.infer<typeof optionsSchema>

const SECRET_BYTES = 32

export function addListenCommand(program: Command): void {
  const listen = program
    .command('listen')
    .description("forward the merchant's events, signed as webhooks, to this machine: no public address is needed")
    .requiredOption('--forward-to <url>', 'where they are posted to', parseUrl)
    .option('--types <types>', 'which, separated by commas', '*')
    .option('--json', 'print one line of JSON for each')
  withSecretOption(listen, { flag: '--secret', description: 'signs them; a new one is made and printed unless given' })
  withConnection(listen).action(async () => {
    await runListen(listen.opts(), optionsSchema.parse(listen.opts()))
  })
}

/** Runs until it is told to stop. What happened before it started is not forwarded. */
async function runListen(connection: unknown, options: ListenOptions): Promise<void> {
  const stopping = new AbortController()
  onStop(
    () => stopping.abort(),
    () => process.exit(1),
  )
  const given = readSecret('--secret', options.secret, options.secretFile)
  const secret = given === undefined ? newSecret() : checkedSecret(given)
  console.error(`Forwarding to ${options.forwardTo}, signed with ${secret}`)
  const events = followEvents(merchantApi(connection), {
    types: options.types,
    onTrouble: (error) => console.error(error instanceof Error ? error.message : String(error)),
    signal: stopping.signal,
  })
  for await (const event of events) {
    const forwarded = await forwardEvent(event, options.forwardTo, secret)
    const outcome = forwarded.status ?? forwarded.error
    if (options.json) console.log(JSON.stringify({ event: event.id, type: event.type, ...forwarded }))
    else console.log(`${event.created_at}  ${event.type.padEnd(24)}  ${event.id}  ${outcome}`)
  }
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw new InvalidArgumentError('It must be a URL that starts with http:// or https://.')
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

function checkedSecret(text: string): string {
  if (/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(text)) return text
  throw new UsageError('--secret must be whsec_ and at least 24 bytes in base64.')
}
