import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const CTRIP = join(__dirname, '..', 'bin', 'ctrip.cjs')
const folder = mkdtempSync(join(tmpdir(), 'ctrip-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function ctrip(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CTRIP, ...args], { encoding: 'utf8', cwd: folder })
  return { status, stdout, stderr }
}

test.each([
  ['up'],
  ['pay'],
  ['payments', 'show'],
  ['trace'],
  ['listen'],
  ['merchants', 'create'],
  ['keys', 'revoke'],
  ['keys', 'roll'],
  ['operators', 'create'],
  ['wallet', 'new'],
  ['conformance'],
  ['migrate'],
  ['config', 'check'],
])('%s %s explains itself, --json included', (...command) => {
  const { status, stdout } = ctrip(...command.filter(Boolean), '--help')
  expect(status).toBe(0)
  expect(stdout).toContain('--json')
})

test.each([
  ['an unknown command', ['fly']],
  ['a missing argument', ['trace']],
  ['an unknown option', ['wallet', 'new', '--loudly']],
  ['a port that is none', ['up', '--port-base', 'many']],
  ['a block time below the least', ['up', '--block-time', '0']],
  ['no database named', ['migrate']],
  ['an ops port without a name', ['doctor', '--ops-url', 'http://127.0.0.1:9464']],
  ['a block that was left empty', ['backfill', '--chain', 'anvil', '--from', '', '--to', '5']],
  ['a lifetime that is none', ['keys', 'create', 'mer_1', '--expires-in', 'soon']],
  ['an operator without a role', ['operators', 'create', 'alice']],
  ['a place to forward to that is none', ['listen', '--forward-to', 'localhost:4000']],
  ['a secret that signs nothing', ['listen', '--forward-to', 'http://localhost:4000', '--secret', 'hunter2']],
])('%s is bad usage: exit code 2, and nothing on stdout', (_what, args) => {
  const { DATABASE_URL: _, ...env } = process.env
  const result = spawnSync(process.execPath, [CTRIP, ...args], { encoding: 'utf8', cwd: folder, env })
  expect([result.status, result.stdout]).toEqual([2, ''])
})

test('a command that fails exits with 1 and says why', () => {
  const { status, stderr } = ctrip('payments', 'show', 'pay_1')
  expect(status).toBe(1)
  expect(stderr).toContain('No stack runs')
})

test('wallet new prints a mnemonic and the xpub that belongs to it', () => {
  const { status, stdout } = ctrip('wallet', 'new', '--json')
  const { mnemonic, xpub } = JSON.parse(stdout) as { mnemonic: string; xpub: string }
  expect(status).toBe(0)
  expect(mnemonic.split(' ')).toHaveLength(24)
  expect(xpub).toMatch(/^xpub/)
})

test('config check lists every problem of a file and exits with 1', () => {
  const file = join(folder, 'chains.yaml')
  writeFileSync(file, 'chains:\n  - {name: a, chain_id: -1}\n')
  const { status, stdout } = ctrip('config', 'check', '--chains', file)
  expect(status).toBe(1)
  expect(stdout).toContain('chain_id')
  expect(stdout).toContain('treasury')
  const told = ctrip('config', 'check', '--chains', file, '--json')
  expect(told.status).toBe(1)
  const problems = stdout.trim().slice(2).split('\n- ')
  expect(JSON.parse(told.stdout)).toEqual({ ok: false, chains: [], problems, checks: [] })
})

test('config check --online exits with 1 where a provider does not answer, and says what to do', () => {
  const file = join(folder, 'online.yaml')
  const chain = {
    ...{ name: 'away', chain_id: 1, providers: [{ name: 'one', http: 'http://127.0.0.1:1' }] },
    ...{ native: { symbol: 'ETH' }, treasury: '0x059c59067AA3981662840F624020395C5220fEd2' },
  }
  writeFileSync(file, JSON.stringify({ chains: [chain] }))
  expect(ctrip('config', 'check', '--chains', file).status).toBe(0)
  const { status, stdout } = ctrip('config', 'check', '--chains', file, '--online')
  expect(status).toBe(1)
  expect(stdout).toMatch(/✗ +away\/one +chain +.*ECONNREFUSED.*\n +→ is the URL right/)
})

test("the API's own words are passed on when it refuses", async () => {
  const problem = { type: 'about:blank', title: 'Not found', detail: 'no such payment' }
  const { status, stderr } = await ctripTo(
    ['payments', 'show', 'pay_1'],
    (_request, response) => response.writeHead(404).end(JSON.stringify(problem)),
    { CTRIP_API_KEY: 'sk' },
  )
  expect([status, stderr.trim()]).toEqual([1, 'ctrip: Not found (404): no such payment'])
})

test.each([
  [
    'the admin key asks as the operator',
    ['--admin-key', 'operator'],
    {},
    '/api/v1/admin/payments/pay_1 Bearer operator',
  ],
  [
    'the API key asks as its merchant',
    ['--api-key', 'sk_1'],
    { ADMIN_API_KEY: 'op' },
    '/api/v1/payments/pay_1 Bearer sk_1',
  ],
  [
    'both in the environment: the operator sees more',
    [],
    { ADMIN_API_KEY: 'op', CTRIP_API_KEY: 'sk_1' },
    '/api/v1/admin/payments/pay_1 Bearer op',
  ],
  ['a key of a merchant alone in the environment', [], { CTRIP_API_KEY: 'sk_1' }, '/api/v1/payments/pay_1 Bearer sk_1'],
])('payments show: %s', async (_what, args, env, asked) => {
  const requests: string[] = []
  await ctripTo(
    ['payments', 'show', 'pay_1', ...args],
    ({ url, headers }, response) => {
      requests.push(`${url} ${headers.authorization}`)
      response.writeHead(404).end()
    },
    env,
  )
  expect(requests).toContain(asked)
})

test('what the API does not understand was bad usage: exit code 2', async () => {
  const problem = { type: 'about:blank', title: 'Unprocessable content', detail: 'to: Must not be below `from`.' }
  const backfill = ['backfill', '--chain', 'anvil', '--from', '5', '--to', '0']
  const { status, stderr } = await ctripTo(
    backfill,
    (_request, response) => response.writeHead(422).end(JSON.stringify(problem)),
    { ADMIN_API_KEY: 'key' },
  )
  expect([status, stderr.trim()]).toEqual([2, 'ctrip: Unprocessable content (422): to: Must not be below `from`.'])
})

test('keys create sends scopes, lifetime and networks', async () => {
  let sent = ''
  const limits = [
    '--scopes',
    'payments:read, events:read',
    '--expires-in',
    '90d',
    '--allowed-cidr',
    '10.0.0.0/8',
    '::1/128',
  ]
  const { status, stdout } = await ctripTo(
    ['keys', 'create', 'mer_1', '--name', 'till', ...limits, '--json', '--admin-key', 'key'],
    (request, response) => {
      void text(request).then((body) => {
        sent = `${request.method} ${request.url} ${body}`
        response.end(JSON.stringify({ id: 'key_1', key: 'sk_1' }))
      })
    },
  )
  expect([status, JSON.parse(stdout)]).toEqual([0, { id: 'key_1', key: 'sk_1' }])
  expect(sent).toBe(
    'POST /api/v1/admin/merchants/mer_1/api-keys {"name":"till","scopes":["payments:read","events:read"],"expires_in":7776000,"allowed_cidrs":["10.0.0.0/8","::1/128"]}',
  )
})

test('merchants list goes on to the last page', async () => {
  const merchants = ['mer_3', 'mer_2', 'mer_1'].map((id) => ({ id, name: id, created_at: '2026-01-31T12:00:00.000Z' }))
  const { status, stdout } = await ctripTo(
    ['merchants', 'list', '--json', '--admin-key', 'key'],
    (request, response) => {
      const after = new URL(request.url ?? '', 'http://api').searchParams.get('starting_after')
      const rest = merchants.slice(merchants.findIndex(({ id }) => id === after) + 1)
      response.end(JSON.stringify({ object: 'list', data: rest.slice(0, 2), has_more: rest.length > 2 }))
    },
  )
  expect([status, JSON.parse(stdout)]).toEqual([0, merchants])
})

test('a key is read from a file or standard input; on the command line it works with a warning', async () => {
  const file = join(folder, 'key')
  writeFileSync(file, 'from-a-file\n')
  const asked: (string | undefined)[] = []
  const ask = (args: string[]) =>
    ctripTo(['operators', 'list', ...args], ({ headers }, response) => {
      asked.push(headers.authorization)
      response.end(JSON.stringify({ data: [], has_more: false }))
    })
  expect(await ask(['--admin-key-file', file])).toMatchObject({ status: 0, stderr: '' })
  const warned = await ask(['--admin-key', 'typed'])
  expect([warned.status, warned.stderr.trim()]).toEqual([
    0,
    'ctrip: warning: other processes can read --admin-key; use --admin-key-file or ADMIN_API_KEY',
  ])
  expect(asked).toEqual(['Bearer from-a-file', 'Bearer typed'])
  expect(await ask(['--admin-key', 'typed', '--admin-key-file', file])).toMatchObject({ status: 2 })
  expect(await ask(['--admin-key-file', join(folder, 'missing')])).toMatchObject({ status: 2 })
  const piped = spawnSync(
    process.execPath,
    [CTRIP, 'operators', 'list', '--admin-key-file', '-', '--api-url', 'http://127.0.0.1:1'],
    {
      encoding: 'utf8',
      input: 'from-a-pipe',
    },
  )
  expect([piped.status, piped.stderr]).toEqual([1, 'ctrip: http://127.0.0.1:1 does not answer\n'])
})

test('names cannot write escape sequences to the terminal; --json has them as they are', async () => {
  const name = 'Shop\u001b]0;owned\u0007\u001b[2J\u202egro.lapyap'
  const answer: RequestListener = (_request, response) =>
    response.end(JSON.stringify({ data: [{ id: 'mer_1', name, created_at: '2026-01-31' }], has_more: false }))
  const env = { ADMIN_API_KEY: 'key' }
  const shown = await ctripTo(['merchants', 'list'], answer, env)
  expect(shown.stdout).toBe('mer_1  2026-01-31  Shop\ufffd]0;owned\ufffd\ufffd[2J\ufffdgro.lapyap\n')
  const json = await ctripTo(['merchants', 'list', '--json'], answer, env)
  expect(JSON.parse(json.stdout)).toMatchObject([{ name }])
  const refused = await ctripTo(
    ['merchants', 'list'],
    (_request, response) => response.writeHead(404).end(JSON.stringify({ title: 'Not\u001b[31m found' })),
    env,
  )
  expect(refused.stderr).toBe('ctrip: Not\ufffd[31m found (404)\n')
})

/** Runs a command against an API of the test's own. */
async function ctripTo(args: string[], answer: RequestListener, env: Readonly<Record<string, string>> = {}) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const child = spawn(process.execPath, [CTRIP, ...args, '--api-url', url], { env: { ...process.env, ...env } })
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('close', resolve)),
  ])
  server.close()
  return { status, stdout, stderr }
}

test('up names each problem of CHAINS_FILE before it starts anything', () => {
  const file = join(folder, 'wrong-chains.yaml')
  writeFileSync(file, 'chains: [{name: mine, chain_id: 31337}]')
  const env = { ...process.env, CHAINS_FILE: file }
  const args = ['up', '--no-demo', '--data', join(folder, 'never')]
  const { status, stderr } = spawnSync(process.execPath, [CTRIP, ...args], { encoding: 'utf8', cwd: folder, env })
  expect(status).toBe(1)
  expect(stderr).toMatch(/wrong-chains\.yaml \(CHAINS_FILE\) is wrong:[\s\S]*chains\[0\]\.treasury/)
  expect(existsSync(join(folder, 'never'))).toBe(false)
})
