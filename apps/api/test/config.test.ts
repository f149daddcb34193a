import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@ctrip/settings/config'
import { schema } from '../src/config'
import { CHAINS_YAML, TEST_XPUB } from './support/fixtures'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function problems(changes: Readonly<Record<string, string | undefined>>, yaml = CHAINS_YAML): string[] {
  const file = join(folder, 'chains.yaml')
  writeFileSync(file, yaml)
  const loaded = loadConfig(schema, {
    DATABASE_URL: 'postgresql://127.0.0.1/ctrip',
    NATS_URL: 'nats://127.0.0.1',
    CHAINS_FILE: file,
    DEPOSIT_XPUB: TEST_XPUB,
    SECRETS_KEY: 'ab'.repeat(32),
    ADMIN_API_KEY: 'admin_0123456789abcdef',
    PUBLIC_URL: 'https://pay.example/',
    PORT: '3000',
    ...changes,
  })
  return loaded.ok ? [] : loaded.problems
}

it('takes what is right', () => {
  expect(problems({})).toEqual([])
})

it('lists all that is wrong at once, of the environment and of chains.yaml', () => {
  const yaml = CHAINS_YAML.replace('name: tagged', 'name: anvil').replace('0x70997970C5', '0x70997970c5')
  const found = problems(
    { NATS_URL: undefined, DEPOSIT_XPUB: 'xpub-nonsense', PORT: '99999', SECRETS_KEY: 'short' },
    yaml,
  )
  expect(found).toEqual([
    expect.stringMatching(/^NATS_URL: not set/),
    expect.stringMatching(/^CHAINS_FILE: line 12, chains\[0\]\.treasury: /),
    expect.stringMatching(/^CHAINS_FILE: line 13, chains\[1\]\.name: the chain name is already used/),
    expect.stringMatching(/^DEPOSIT_XPUB: is not an extended public key/),
    expect.stringMatching(/^SECRETS_KEY: item 1 is not 64 hexadecimal digits/),
    expect.stringMatching(/^PORT: not within/),
  ])
})

it.each<[string, Record<string, string | undefined>, string | undefined, RegExp]>([
  ['malformed YAML', {}, 'chains: [', /^CHAINS_FILE: /],
  ['a missing file', { CHAINS_FILE: '/nowhere.yaml' }, undefined, /^CHAINS_FILE: .*cannot be read/],
  [
    'an xpub of another level',
    {
      DEPOSIT_XPUB:
        'xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8',
    },
    undefined,
    /^DEPOSIT_XPUB: is at depth 0/,
  ],
  ['a short admin key', { ADMIN_API_KEY: 'short' }, undefined, /^ADMIN_API_KEY: shorter/],
  ['a network that is none', { WEBHOOK_ALLOWED_CIDRS: '127.0.0.1' }, undefined, /^WEBHOOK_ALLOWED_CIDRS: item 1/],
  [
    'a public URL that is none',
    { PUBLIC_URL: 'pay.example' },
    undefined,
    /^PUBLIC_URL: not such a URL; expected: .*https:/,
  ],
])('names %s, and never quotes a secret', (_what, changes, yaml, expected) => {
  const found = problems(changes, yaml)
  expect(found[0]).toMatch(expected)
  expect(found.join()).not.toMatch(/xpub\w{20}/)
})
