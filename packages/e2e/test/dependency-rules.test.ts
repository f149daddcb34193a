import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const ROOT = path.join(__dirname, '..', '..', '..')
const DEPCRUISE = path.join(ROOT, 'node_modules', '.bin', 'depcruise')

/** An import that violates each rule of direction. */
const PLANTED = [
  { rule: 'domain-imports-nothing', from: 'packages/domain/src/a', to: 'packages/db/src/b' },
  { rule: 'events-knows-no-sibling', from: 'packages/events/src/a', to: 'packages/db/src/b' },
  { rule: 'db-knows-no-sibling', from: 'packages/db/src/a', to: 'packages/chain/src/b' },
  { rule: 'chain-knows-no-sibling', from: 'packages/chain/src/a', to: 'packages/events/src/b' },
  { rule: 'db-knows-no-sibling', from: 'packages/db/src/a', to: 'packages/use-cases/src/b' },
  { rule: 'db-decides-no-transition', from: 'packages/db/src/a', to: 'packages/domain/src/payment/transition' },
  { rule: 'use-cases-ask-no-chain', from: 'packages/use-cases/src/a', to: 'packages/chain/src/b' },
  { rule: 'telemetry-and-service-know-no-domain', from: 'packages/service/src/a', to: 'packages/domain/src/b' },
  { rule: 'sdk-depends-on-nothing-here', from: 'packages/sdk/src/a', to: 'packages/domain/src/b' },
  { rule: 'packages-never-import-apps', from: 'packages/chain/src/a', to: 'apps/scanner/src/b' },
  { rule: 'apps-never-import-apps', from: 'apps/scanner/src/a', to: 'apps/sweeper/src/b' },
  { rule: 'sweep-phases-do-not-import-each-other', from: 'apps/sweeper/src/plan/a', to: 'apps/sweeper/src/sign/b' },
  {
    rule: 'what-sweep-phases-share-imports-no-phase',
    from: 'apps/sweeper/src/strategies/a',
    to: 'apps/sweeper/src/plan/b',
  },
  ...['scanner', 'sweeper'].map((app) => ({
    rule: 'scanner-and-sweeper-commit-under-a-lease',
    from: `apps/${app}/src/a`,
    to: 'packages/db/src/database/transaction',
  })),
  { rule: 'no-service-but-the-signer-has-keys', from: 'apps/sweeper/src/a', to: 'packages/chain/src/signer/b' },
  { rule: 'the-signer-depends-on-two-packages-of-ours', from: 'apps/signer/src/a', to: 'packages/chain/src/b' },
  {
    rule: 'settings-and-signer-protocol-import-nothing-of-ours',
    from: 'packages/settings/src/a',
    to: 'packages/domain/src/b',
  },
  { rule: 'services-never-import-development-tools', from: 'apps/api/src/a', to: 'packages/local-stack/src/b' },
]

describe('the rules of direction', () => {
  let house: string

  beforeEach(() => {
    house = mkdtempSync(path.join(tmpdir(), 'ctrip-rules-'))
    for (const file of ['.dependency-cruiser.cjs', 'tsconfig.base.json'])
      copyFileSync(path.join(ROOT, file), path.join(house, file))
  })

  afterEach(() => rmSync(house, { recursive: true }))

  it.each(PLANTED)('$rule: $from may not import $to', ({ rule, from, to }) => {
    write(to, 'export const b = 1')
    write(from, `export { b } from '${path.relative(path.dirname(from), to)}'`)
    const { status, stdout } = cruise()
    expect(stdout).toContain(`error ${rule}: ${from}.ts`)
    expect(status).not.toBe(0)
  })

  it('lets a test import keys', () => {
    write('packages/chain/src/signer/b', 'export const b = 1')
    write('apps/sweeper/test/a', "export { b } from '../../../packages/chain/src/signer/b'")
    expect(cruise()).toMatchObject({ status: 0 })
  })

  function write(file: string, text: string): void {
    mkdirSync(path.join(house, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(house, `${file}.ts`), `${text}\n`)
  }

  function cruise() {
    for (const folder of ['apps', 'packages']) mkdirSync(path.join(house, folder), { recursive: true })
    return spawnSync(DEPCRUISE, ['apps', 'packages', '--config', '.dependency-cruiser.cjs'], {
      cwd: house,
      encoding: 'utf8',
    })
  }
})
