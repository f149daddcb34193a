import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAll } from '../src/summary/run-all'

const PROGRAM = `
  const name = process.argv[2]
  if (name === 'broken') throw new Error('a benchmark that fails')
  console.log('as it goes')
  console.log(JSON.stringify({ bench: name, rate: 7 }))
`

it('runs every benchmark, even after one that fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-test-'))
  try {
    const program = join(folder, 'program.cjs')
    writeFileSync(program, PROGRAM)
    const told: string[] = []
    expect(await runAll(program, ['api', 'broken', 'scan'], (line) => void told.push(line))).toEqual({
      api: { bench: 'api', rate: 7 },
      scan: { bench: 'scan', rate: 7 },
    })
    expect(told.filter((line) => line.includes('FAILED'))).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
