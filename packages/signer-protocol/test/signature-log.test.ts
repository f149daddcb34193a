import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogEntry, sealEntry, verifyLog } from '../src/signature-log'

const FIRST_PREVIOUS = '0'.repeat(64)

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-signature-log-'))
  file = join(folder, 'signatures.jsonl')
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('the log of signatures', () => {
  it('verifies, and gives its entries in order with the hash of the newest', async () => {
    const { lines, head } = sealed(3)
    const nonces: number[] = []
    write(lines)
    const verified = await verifyLog(file, ({ nonce }) => void nonces.push(nonce))
    expect(verified).toEqual({ ok: true, entries: 3, head, tornBytes: 0 })
    expect(nonces).toEqual([0, 1, 2])
  })

  it('verifies when it is longer than what one read of the file returns', async () => {
    const { lines, head } = sealed(1_000)
    write(lines)
    expect(await verifyLog(file)).toEqual({ ok: true, entries: 1_000, head, tornBytes: 0 })
  })

  it('counts the bytes of a last line without its end, and keeps the entries before it', async () => {
    const { lines } = sealed(2)
    writeFileSync(file, `${lines.join('\n')}\n{"kind":"re`)
    expect(await verifyLog(file)).toMatchObject({ ok: true, entries: 2, tornBytes: 11 })
  })

  it.each<[string, (lines: string[]) => string[], number]>([
    [
      'a changed entry',
      (lines) => lines.map((line, n) => (n === 1 ? line.replace('"nonce":1', '"nonce":7') : line)),
      2,
    ],
    ['a removed entry', (lines) => lines.filter((_, n) => n !== 1), 2],
    ['two entries in the other order', ([first = '', ...rest]) => [...rest, first], 1],
    ['an entry that is there twice', ([first = '', ...rest]) => [first, first, ...rest], 2],
    ['an empty line', ([first = '', ...rest]) => [first, '', ...rest], 2],
  ])('does not verify with %s, and names the line', async (_, damage, line) => {
    write(damage(sealed(3).lines))
    expect(await verifyLog(file)).toMatchObject({ ok: false, line })
  })
})

function write(lines: readonly string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
}

function sealed(count: number): { readonly lines: string[]; readonly head: string } {
  const lines: string[] = []
  let previous = FIRST_PREVIOUS
  for (let nonce = 0; nonce < count; nonce++) {
    const { line, hash } = sealEntry(entry(nonce, previous))
    lines.push(line)
    previous = hash
  }
  return { lines, head: previous }
}

function entry(nonce: number, previous: string): LogEntry {
  const common = { sequence: nonce + 1, at: '2026-01-01T00:00:00.000Z', previous, chain_id: 1, account: '0xaccount' }
  return { kind: 'repeat', ...common, nonce, digest: '0xdigest', signature: '0xsignature' }
}
