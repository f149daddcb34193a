import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
  ['wallet', 'new'],
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
  const { status, stderr } = ctrip('config', 'check', '--chains', file)
  expect(status).toBe(1)
  expect(stderr).toContain('chain_id')
  expect(stderr).toContain('treasury')
})

test("the API's own words are passed on when it refuses", async () => {
  const problem = { type: 'about:blank', title: 'Not found', detail: 'no such payment' }
  const server = createServer((_request, response) => response.writeHead(404).end(JSON.stringify(problem)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, [CTRIP, 'payments', 'show', 'pay_1', '--api-url', url, '--api-key', 'sk'])
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += String(text)
  })
  const status = await new Promise((resolve) => child.once('close', resolve))
  server.close()
  expect([status, stderr.trim()]).toEqual([1, 'ctrip: Not found (404): no such payment'])
})
