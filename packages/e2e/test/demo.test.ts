import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPortFree } from '@ctrip/local-stack/free-port'
import { freePortBase } from '@ctrip/local-stack/ports'
import { readDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { runCtrip } from './support/ctrip'

const DEMO_TIMEOUT_MS = 240_000

/** The program behind `npm start -- --once`. */
it('settles a native and a token payment, prints their timelines, stops everything it started, and exits 0', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'ctrip-e2e-'))
  const portBase = await freePortBase()
  const options = ['--once', '--json', '--data', dataFolder, '--port-base', String(portBase)]
  try {
    const { status, stdout, stderr } = runCtrip(['up', ...options], { timeoutMs: DEMO_TIMEOUT_MS })
    expect({ status, verdict: JSON.parse(stdout) as unknown }).toEqual({
      status: 0,
      verdict: { passed: true, faults: [] },
    })
    expect(stderr.match(/payment lifecycle/g)).toHaveLength(2)
    expect(() => readDescriptor(dataFolder)).toThrow('No stack runs')
    expect(await isPortFree(portBase)).toBe(true)
  } finally {
    rmSync(dataFolder, { recursive: true, force: true })
  }
}, 300_000)
