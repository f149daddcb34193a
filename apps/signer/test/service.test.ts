import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@ctrip/settings/config'
import { toJson } from '@ctrip/signer-protocol/messages'
import { verifyLog } from '@ctrip/signer-protocol/signature-log'
import { configSchema } from '../src/config'
import { createLog } from '../src/log'
import { type Service, startSigner } from '../src/service'
import {
  authorizationFor,
  CHAIN,
  chainsYaml,
  collection,
  DELEGATE,
  deployment,
  depositAt,
  fromDeposit,
  fromGasWallet,
  GAS_KEY,
  GWEI,
  gasWallet,
  STRANGER,
} from './support/requests'
import { PHRASE } from './support/wallets'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

let folder: string
let service: Service | null = null
const logged: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-signer-'))
  writeFileSync(join(folder, 'chains.yaml'), chainsYaml())
})
afterEach(async () => {
  await service?.stop()
  service = null
  rmSync(folder, { recursive: true, force: true })
})

describe('the signer', () => {
  it('says whose keys it holds, and gives the address of an index', async () => {
    await start()
    const { body } = await ask('/v1/describe', null)
    expect(body).toMatchObject({ gas_wallet: gasWallet, log: { entries: 0 } })
    expect(await ask('/v1/deposit-addresses', { index: 7 })).toEqual({ status: 200, body: { address: depositAt(7) } })
  })

  it('has a signature in its log before it answers, and gives the same one when it is asked again', async () => {
    await start()
    const first = await ask('/v1/transactions', fromDeposit())
    expect(first.status).toBe(200)
    expect(entries()).toMatchObject([{ kind: 'transaction', shape: 'native', tx_hash: first.body['hash'] }])
    expect(await ask('/v1/transactions', fromDeposit())).toEqual(first)
    expect(entries().map(({ kind }) => kind)).toEqual(['transaction', 'repeat'])
  })

  it('names the rule that it refuses by, signs nothing, and logs no signature', async () => {
    await start()
    const { status, body } = await ask('/v1/transactions', fromDeposit({ to: STRANGER }))
    expect(status).toBe(403)
    expect(body).toMatchObject({ error: { code: 'refused', rule: 'unknown_shape' } })
    expect(entries()).toEqual([])
  })

  it('refuses an address that is not derived at its index, and a chain that is not configured', async () => {
    await start()
    const request = fromDeposit()
    const moved = { ...request, account: { ...request.account, index: 4 } }
    expect(await ask('/v1/transactions', moved)).toMatchObject({ body: { error: { rule: 'account_mismatch' } } })
    const elsewhere = fromDeposit({ chain_id: 1 })
    expect(await ask('/v1/transactions', elsewhere)).toMatchObject({ body: { error: { rule: 'unknown_chain' } } })
  })

  it('answers 400 to what is no request, and signs nothing', async () => {
    await start()
    for (const body of [{}, [], 'text', { ...fromDeposit(), extra: 1 }, { index: -1 }])
      expect((await ask('/v1/transactions', body)).status).toBe(400)
    expect((await ask('/v1/keys', {})).status).toBe(400)
  })

  it('authorizes delegations to the delegate that it deployed, after a restart too, and to no other', async () => {
    await start()
    const account = fromDeposit().account
    const authorize = (address: string) =>
      ask('/v1/authorizations', { account, authorization: { chain_id: CHAIN, address, nonce: 0 } })
    expect(await authorize(DELEGATE)).toMatchObject({ status: 403 })
    expect(await ask('/v1/transactions', fromGasWallet(deployment(), null))).toMatchObject({ status: 200 })
    await restart()
    const signed = await authorize(DELEGATE)
    expect(signed).toMatchObject({ status: 200 })
    expect(await authorize(DELEGATE)).toEqual(signed)
    expect(await authorize(STRANGER)).toMatchObject({ body: { error: { rule: 'unknown_contract' } } })
    const batch = fromGasWallet({ ...collection(), nonce: 1, authorizations: [authorizationFor(DELEGATE)] }, null)
    expect(await ask('/v1/transactions', batch)).toMatchObject({ status: 200 })
  })

  it('knows the batchers that the operator names, deployed before its log began', async () => {
    await start({ SIGNER_KNOWN_BATCHERS: `${CHAIN}=0x0000000000000000000000000000000000000001` })
    const call = { ...collection(), to: '0x0000000000000000000000000000000000000001' }
    expect(await ask('/v1/transactions', fromGasWallet(call, null))).toMatchObject({ status: 200 })
  })

  it('counts what the gas wallet spends in an hour over a restart', async () => {
    const limits = { SIGNER_TRANSACTIONS_PER_HOUR: '2' }
    await start(limits)
    for (const nonce of [0, 1]) expect((await ask('/v1/transactions', fromGasWallet({ nonce }))).status).toBe(200)
    await restart(limits)
    const third = await ask('/v1/transactions', fromGasWallet({ nonce: 2 }))
    expect(third).toMatchObject({ body: { error: { rule: 'hourly_count_reached' } } })
    // Deposit addresses spend nothing of the gas wallet, and a repeat spends nothing more.
    expect((await ask('/v1/transactions', fromDeposit())).status).toBe(200)
    expect((await ask('/v1/transactions', fromGasWallet({ nonce: 1 }))).status).toBe(200)
  })

  it('spends 5 million gas at the ceiling of the chain in an hour, unless the operator sets an amount', async () => {
    writeFileSync(join(folder, 'chains.yaml'), chainsYaml(undefined, '{max_gas_price_gwei: 2}'))
    const most = 5_000_000n * 2n * GWEI
    await start()
    await topUpsReach(most)
    await restart({ SIGNER_SPEND_PER_HOUR: `1=5,${CHAIN}=${2n * most}` })
    await topUpsReach(most)
  })

  it('writes no key into its output', async () => {
    await start()
    await ask('/v1/transactions', fromDeposit())
    await ask('/v1/transactions', fromDeposit({ to: STRANGER }))
    const all = logged.join('') + readFileSync(logFile(), 'utf8')
    expect(all).not.toContain('junk')
    expect(all).not.toContain(GAS_KEY.slice(2))
  })
})

describe('the log of signatures', () => {
  it('is cut to its last whole line where the process died while it wrote', async () => {
    await start()
    const signed = await ask('/v1/transactions', fromDeposit())
    await stop()
    appendFileSync(logFile(), '{"at":"2026')
    await start()
    expect(await ask('/v1/transactions', fromDeposit())).toEqual(signed)
    expect(await verifyLog(logFile())).toMatchObject({ ok: true, entries: 2, tornBytes: 0 })
  })

  it.each([
    ['an entry is changed', (text: string) => text.replace('"nonce":1', '"nonce":5'), 2],
    [
      'an entry is removed',
      (text: string) =>
        lines(text)
          .filter((_, at) => at !== 1)
          .join(''),
      2,
    ],
    ['the first entries are cut off', (text: string) => lines(text).slice(1).join(''), 1],
    ['two entries change places', (text: string) => swapped(lines(text)).join(''), 2],
  ])('stops the start when %s', async (_, change, line) => {
    await start()
    for (const nonce of [0, 1, 2]) await ask('/v1/transactions', fromDeposit({ nonce }))
    await stop()
    writeFileSync(logFile(), change(readFileSync(logFile(), 'utf8')))
    expect(await verifyLog(logFile())).toMatchObject({ ok: false, line })
    await expect(start()).rejects.toThrow('SIGNER_LOG_PATH')
  })

  it('shows by its head that entries were cut off at its end', async () => {
    await start()
    for (const nonce of [0, 1]) await ask('/v1/transactions', fromDeposit({ nonce }))
    const { body } = await ask('/v1/describe', null)
    await stop()
    truncateSync(logFile(), lines(readFileSync(logFile(), 'utf8'))[0]?.length)
    const cut = await verifyLog(logFile())
    expect(cut).toMatchObject({ ok: true, entries: 1 })
    expect(body['log']).toMatchObject({ entries: 2 })
  })
})

describe('over TCP', () => {
  it('answers whoever has a certificate of the authority, and nobody else', async () => {
    const own = certificates()
    const other = certificates()
    await start({
      SIGNER_PORT: '0',
      SIGNER_TLS_CERT: own.server.cert,
      SIGNER_TLS_KEY: own.server.key,
      SIGNER_TLS_CA: own.ca,
    })
    expect((await askTls({ ca: own.ca, ...own.client })).status).toBe(200)
    await expect(askTls({ ca: own.ca })).rejects.toThrow()
    await expect(askTls({ ca: own.ca, ...other.client })).rejects.toThrow()
  })
})

it('a configuration with a mnemonic that is none, or without a place to listen, is refused at once', async () => {
  await expect(start({ DEPOSIT_MNEMONIC: 'no mnemonic', GAS_WALLET_PRIVATE_KEY: 'no key' })).rejects.toThrow(
    /DEPOSIT_MNEMONIC[\s\S]*GAS_WALLET_PRIVATE_KEY/,
  )
})

async function start(more: Record<string, string> = {}): Promise<void> {
  const loaded = loadConfig(configSchema, {
    CHAINS_FILE: join(folder, 'chains.yaml'),
    DEPOSIT_MNEMONIC: PHRASE,
    GAS_WALLET_PRIVATE_KEY: GAS_KEY,
    SIGNER_LOG_PATH: logFile(),
    OPS_PORT: '0',
    HOST: '127.0.0.1',
    ...(more['SIGNER_PORT'] === undefined ? { SIGNER_SOCKET: join(folder, 'socket') } : {}),
    ...more,
  })
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'))
  service = await startSigner(
    loaded.config,
    createLog('info', (line) => void logged.push(line)),
    (error) => {
      throw error
    },
  )
}

/** Signs top-ups, each of them a tenth of `total`, and one that is too much. */
async function topUpsReach(total: bigint): Promise<void> {
  const fee = 30_000n * 2n * GWEI
  const from = entries().length
  for (let nonce = from; nonce < from + 10; nonce++) {
    const topUp = fromGasWallet({ nonce, value: total / 10n - fee })
    expect(await ask('/v1/transactions', topUp)).toMatchObject({ status: 200 })
  }
  const further = await ask('/v1/transactions', fromGasWallet({ nonce: from + 10, value: 1n }))
  expect(further).toMatchObject({ body: { error: { rule: 'hourly_spend_reached' } } })
}

async function stop(): Promise<void> {
  await service?.stop()
  service = null
}

async function restart(more: Record<string, string> = {}): Promise<void> {
  await stop()
  await start(more)
}

function ask(path: string, body: unknown): Promise<Answer> {
  const method = body === null ? 'GET' : 'POST'
  return exchange((respond) => httpRequest({ socketPath: join(folder, 'socket'), path, method }, respond), body)
}

function askTls(credentials: RequestOptions): Promise<Answer> {
  const target = {
    host: 'localhost',
    port: service?.server.port ?? 0,
    path: '/v1/describe',
    agent: false,
    ...credentials,
  }
  return exchange((respond) => httpsRequest(target, respond), null)
}

function exchange(open: (respond: Parameters<typeof httpRequest>[2]) => ReturnType<typeof httpRequest>, body: unknown) {
  return new Promise<Answer>((resolve, reject) => {
    const request = open((response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
        }),
      )
    })
    request.once('error', reject)
    request.end(body === null ? undefined : toJson(body))
  })
}

function logFile(): string {
  return join(folder, 'signatures.jsonl')
}

function entries(): Record<string, unknown>[] {
  return lines(readFileSync(logFile(), 'utf8')).map((line) => JSON.parse(line) as Record<string, unknown>)
}

function lines(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== '')
}

function swapped([first = '', second = '', ...rest]: string[]): string[] {
  return [first, ...rest, second]
}

/** An authority, and a certificate of it for each side, as docs/operations.md makes them. */
function certificates() {
  const at = mkdtempSync(join(folder, 'tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: at, stdio: 'ignore' })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=test')
  const read = (name: string) => readFileSync(join(at, name), 'utf8')
  const issue = (name: string) => {
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '30', '-subj', `/CN=${name}`]
    const names = ['-addext', 'subjectAltName=DNS:localhost']
    openssl('req', '-x509', ...curve, ...issuer, ...names, '-keyout', `${name}.key`, '-out', `${name}.pem`)
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) }
  }
  return { ca: read('ca.pem'), server: issue('signer'), client: issue('sweeper') }
}
