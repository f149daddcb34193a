import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { REPLICATED_SERVICES } from '@ctrip/local-stack/ports'
import { APPS_FOLDER, startArguments } from '@ctrip/local-stack/start-app'

const WITH_CHAINS = ['api', 'scanner', 'sweeper']

/** An unreachable server: port 1 of this host refuses connections. */
const UNREACHABLE = 'postgresql://ctrip:planted-password@127.0.0.1:1/ctrip'
const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const KEYS = { DEPOSIT_MNEMONIC: MNEMONIC, GAS_WALLET_PRIVATE_KEY: `0x${'11'.repeat(32)}` }
const XPUB =
  'xpub6DCoCpSuQZB2jawqnGMEPS63ePKWkwWPH4TU45Q7LPXWuNd8TMtVxRrgjtEshuqpK3mdhaWHPFsBngh5GFZaM6si3yZdUsT8ddYM3PwnATt'

describe('a service with a wrong configuration', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ctrip-config-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it.each(REPLICATED_SERVICES)('%s names every missing variable at once, and exits 2', (service) => {
    const { status, stderr } = start(service, {})
    expect(status).toBe(2)
    for (const variable of ['DATABASE_URL', 'NATS_URL', 'OPS_PORT']) expect(stderr).toContain(variable)
  })

  it.each(REPLICATED_SERVICES)(
    '%s exits 2 when the database cannot be reached, and does not print its password',
    (service) => {
      const { status, stderr, stdout } = start(service, { ...complete(), DATABASE_URL: UNREACHABLE })
      expect(status).toBe(2)
      expect(stderr).toContain('DATABASE_URL')
      expect(stderr + stdout).not.toContain('planted-password')
    },
  )

  it.each(WITH_CHAINS)('%s exits 2 for invalid YAML', (service) => {
    const { status, stderr } = start(service, { ...complete(), CHAINS_FILE: write('chains: [{') })
    expect(status).toBe(2)
    expect(stderr).toContain('CHAINS_FILE')
  })

  it.each(WITH_CHAINS)('%s lists a duplicate chain and an address without its checksum together', (service) => {
    const wrong = [CHAIN, CHAIN].join('').replace('0x70997970C51812dc3A010C7d01b50e0d17dc79C8', LOWER_CASE)
    const { status, stderr } = start(service, { ...complete(), CHAINS_FILE: write(`chains:\n${wrong}`) })
    expect(status).toBe(2)
    expect(stderr).toMatch(/already used/)
    expect(stderr).toMatch(/EIP-55|checksum/i)
  })

  it('api exits 2 for an invalid xpub', () => {
    const { status, stderr } = start('api', { ...complete(), DEPOSIT_XPUB: 'xpub-of-nobody' })
    expect(status).toBe(2)
    expect(stderr).toContain('DEPOSIT_XPUB')
    expect(stderr).not.toContain('xpub-of-nobody')
  })

  it('sweeper exits 2 when it is given a key, says where the key belongs, and does not print it', () => {
    const { status, stderr, stdout } = start('sweeper', { ...complete(), ...KEYS })
    expect(status).toBe(2)
    for (const name of Object.keys(KEYS)) expect(stderr).toContain(`${name}: belongs to the signer alone`)
    expect(stderr + stdout).not.toContain(MNEMONIC)
  })

  it('signer names every missing variable at once, and exits 2', () => {
    const { status, stderr } = start('signer', {})
    expect(status).toBe(2)
    for (const variable of ['CHAINS_FILE', 'DEPOSIT_MNEMONIC', 'GAS_WALLET_PRIVATE_KEY', 'SIGNER_LOG_PATH', 'OPS_PORT'])
      expect(stderr).toContain(variable)
  })

  it('signer exits 2 for wallets that do not open, and does not print them', () => {
    const wrong = { DEPOSIT_MNEMONIC: MNEMONIC.replace('legal', 'yellow'), GAS_WALLET_PRIVATE_KEY: 'planted-key' }
    const environment = { ...complete(), SIGNER_LOG_PATH: path.join(folder, 'log'), ...wrong }
    const { status, stderr, stdout } = start('signer', environment)
    expect(status).toBe(2)
    expect(stderr).toContain('DEPOSIT_MNEMONIC')
    expect(stderr).toContain('GAS_WALLET_PRIVATE_KEY')
    expect(stderr + stdout).not.toMatch(/planted-key|winner/)
  })

  function start(service: string, env: Record<string, string>) {
    const cwd = path.join(APPS_FOLDER, service)
    return spawnSync(process.execPath, startArguments(cwd), {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      encoding: 'utf8',
      timeout: 30_000,
    })
  }

  function complete(): Record<string, string> {
    return {
      DATABASE_URL: UNREACHABLE,
      NATS_URL: 'nats://127.0.0.1:1',
      CHAINS_FILE: write(`chains:\n${CHAIN}`),
      OPS_PORT: '0',
      PORT: '0',
      PUBLIC_URL: 'http://127.0.0.1:3000',
      DEPOSIT_XPUB: XPUB,
      SIGNER_SOCKET: path.join(folder, 'socket'),
      SECRETS_KEY: '22'.repeat(32),
      ADMIN_API_KEY: 'a'.repeat(48),
    }
  }

  function write(text: string): string {
    const file = path.join(folder, 'chains.yaml')
    writeFileSync(file, text)
    return file
  }
})

const LOWER_CASE = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const CHAIN = `
  - name: local
    chain_id: 31337
    providers: [{name: local, http: "http://127.0.0.1:1"}]
    block_time_ms: 1000
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    treasury: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
`
