import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogEntry, sealEntry } from '@ctrip/signer-protocol/signature-log'

const CTRIP = join(__dirname, '..', 'bin', 'ctrip.cjs')
const FIRST_PREVIOUS = '0'.repeat(64)

const folder = mkdtempSync(join(tmpdir(), 'ctrip-verify-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('signer verify-log accepts a whole log, and prints the hash of its newest entry', () => {
  const { file, lines, heads } = log('whole', 2)
  const { status, stdout } = verify(file, '--head', heads[1] ?? '')
  expect([status, stdout]).toEqual([0, `${lines.length} entries, each follows the one before; head ${heads[1]}\n`])
  appendFileSync(file, '{"kind":"re')
  const { stdout: json } = verify(file, '--json')
  expect(JSON.parse(json)).toEqual({ ok: true, entries: 2, head: heads[1], torn_bytes: 11 })
})

test('signer verify-log fails on a changed entry and names its line', () => {
  const { file, lines } = log('changed', 3)
  writeFileSync(file, lines.join('').replace('"nonce":1', '"nonce":9'))
  const { status, stderr } = verify(file)
  expect([status, stderr]).toEqual([1, 'ctrip: line 2 is not an entry, or its hash is not that of its contents\n'])
  expect(JSON.parse(verify(file, '--json').stdout)).toMatchObject({ ok: false, line: 2 })
})

test('signer verify-log fails on a log without its end when it is given the newest hash', () => {
  const { file, lines, heads } = log('shorter', 3)
  writeFileSync(file, lines.slice(0, 2).join(''))
  expect(verify(file).status).toBe(0)
  const { status, stderr } = verify(file, '--head', heads[2] ?? '')
  expect(status).toBe(1)
  expect(stderr).toContain(`its head is not ${heads[2]}: entries are missing at its end`)
})

test('signer verify-log without a file is bad usage: exit code 2', () => {
  expect(verify(join(folder, 'missing'))).toMatchObject({ status: 2, stdout: '' })
  expect(verify()).toMatchObject({ status: 2, stdout: '' })
})

function verify(...args: string[]) {
  const command = [CTRIP, 'signer', 'verify-log', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: folder })
  return { status, stdout, stderr }
}

function log(name: string, count: number) {
  const file = join(folder, name)
  const lines: string[] = []
  const heads: string[] = []
  for (let nonce = 0; nonce < count; nonce++) {
    const { line, hash } = sealEntry(entry(nonce, heads.at(-1) ?? FIRST_PREVIOUS))
    lines.push(`${line}\n`)
    heads.push(hash)
  }
  writeFileSync(file, lines.join(''))
  return { file, lines, heads }
}

function entry(nonce: number, previous: string): LogEntry {
  const common = { sequence: nonce + 1, at: '2026-01-01T00:00:00.000Z', previous, chain_id: 1, account: '0xaccount' }
  return { kind: 'repeat', ...common, nonce, digest: '0xdigest', signature: '0xsignature' }
}
