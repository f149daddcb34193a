import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { selectTests } from '../../../scripts/affected.mjs'
import { importGraph, sourceFiles } from '../../../scripts/import-graph.mjs'
import { dependenciesOf, dependentsOf, findPackage, readPackages } from '../../../scripts/packages.mjs'
import { progressLine, slowestLines } from '../../../scripts/progress.mjs'

/** A workspace of two packages: `api` depends on `domain`. */
const FILES = {
  'packages/domain/package.json': JSON.stringify({
    name: '@ctrip/domain',
    exports: { './*': { '@ctrip/source': './src/*.ts' } },
  }),
  'packages/domain/src/amount.ts': 'export const a = 1',
  'packages/domain/src/ids.ts': 'export const b = 1',
  'packages/domain/test/amount.test.ts': "import { a } from '../src/amount'",
  'packages/domain/test/ids.test.ts': "import { b } from '../src/ids'",
  'apps/api/package.json': JSON.stringify({ name: '@ctrip/api', dependencies: { '@ctrip/domain': 'workspace:*' } }),
  'apps/api/src/pay.ts': "import type { a } from '@ctrip/domain/amount'\nimport { b } from '@ctrip/domain/ids'",
  'apps/api/test/pay.test.ts': "import { pay } from '../src/pay'",
  'apps/api/test/fixture.json': '{}',
}

describe('the scripts of the feedback commands', () => {
  let root: string

  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'ctrip-scripts-'))
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(path.join(root, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(root, file), text)
    }
  })

  afterAll(() => rmSync(root, { recursive: true }))

  test.each(['domain', 'packages/domain', './packages/domain/', '@ctrip/domain'])('find a package by %s', (asked) => {
    expect(findPackage(readPackages(root), asked)).toMatchObject({ folder: 'packages/domain' })
  })

  test('find no package by a part of its name', () => {
    expect(findPackage(readPackages(root), 'dom')).toBeNull()
  })

  test('follow dependencies in both directions', () => {
    const [api, domain] = readPackages(root)
    expect(dependentsOf([api, domain], [domain])).toEqual([api])
    expect(dependenciesOf([api, domain], api)).toEqual([domain])
  })

  test('follow imports across packages, and leave out types on demand', () => {
    const graph = (types: boolean) => importGraph(readPackages(root), sourceFiles(root), { root, types })
    expect(graph(true).get('apps/api/src/pay.ts')).toEqual([
      'packages/domain/src/amount.ts',
      'packages/domain/src/ids.ts',
    ])
    expect(graph(false).get('apps/api/src/pay.ts')).toEqual(['packages/domain/src/ids.ts'])
  })

  test('select the tests that import a changed file', () => {
    expect(select(['packages/domain/src/ids.ts'])).toEqual({ domain: ['packages/domain/test/ids.test.ts'] })
  })

  test('select tests of dependent packages on demand', () => {
    expect(select(['packages/domain/src/ids.ts'], true)).toEqual({
      domain: ['packages/domain/test/ids.test.ts'],
      api: ['apps/api/test/pay.test.ts'],
    })
  })

  test('select all tests of a package when a file changed that no import shows', () => {
    expect(select(['packages/domain/package.json'])).toEqual({
      domain: ['packages/domain/test/amount.test.ts', 'packages/domain/test/ids.test.ts'],
    })
  })

  test('select nothing for a README, and say what npm test alone covers', () => {
    expect(select(['packages/domain/README.md', 'docs/adr/0001.md'])).toEqual({})
    const everything = selectTests({ ...world(), changed: ['pnpm-lock.yaml', 'README.md'], dependents: false })
    expect(everything.shared).toEqual(['pnpm-lock.yaml'])
  })

  function world() {
    const packages = readPackages(root)
    return { packages, graph: importGraph(packages, sourceFiles(root), { root }) }
  }

  function select(changed: string[], dependents = false) {
    const { selected } = selectTests({ ...world(), changed, dependents })
    return Object.fromEntries(selected.map(({ one, files }) => [one.name, files]))
  }
})

test('the progress line adds up packages and names those that run', () => {
  const packages = [
    { name: 'domain', files: 15, done: 15, passed: 313, failed: 0, finished: true },
    { name: 'api', files: 24, done: 12, passed: 120, failed: 1, finished: false },
  ]
  expect(progressLine({ phase: 'packages', minutes: 3, packages })).toBe(
    '3 min, packages: 433 passed, 1 failed; 1 package done; running api 12/24',
  )
  expect(progressLine({ phase: 'static', minutes: 1, packages: [] })).toBe(
    '1 min, static: 0 passed, 0 failed; 0 packages done; no test is running',
  )
})

test('the slowest files are listed with their seconds', () => {
  expect(slowestLines([{ file: 'apps/api/test/a.test.ts', seconds: 12.34 }])).toEqual([
    'Slowest test files:',
    '   12.3 s  apps/api/test/a.test.ts',
  ])
  expect(slowestLines([])).toEqual([])
})
