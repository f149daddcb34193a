import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { problemsOf } from './support/load-everything'
import { makeSecrets, makeTheRest } from './support/made-secrets'
import { PROGRAMS, settingNames, settingsOf } from './support/programs'
import { inRepository, readText } from './support/repository'

interface ComposeService {
  readonly image: string
  readonly build?: { readonly dockerfile: string; readonly target: string }
  readonly profiles?: string[]
  readonly environment?: Record<string, string>
  readonly ports?: string[]
  readonly volumes?: string[]
  readonly secrets?: string[]
  readonly networks: string[]
  readonly read_only?: boolean
  readonly deploy?: { resources: { limits: { cpus: string; memory: string } } }
}
interface Compose {
  readonly services: Record<string, ComposeService>
  readonly volumes: Record<string, unknown>
  readonly secrets: Record<string, { file: string }>
  readonly networks: Record<string, { internal?: boolean }>
}

const compose = parse(readText('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const chainsFile = readText('deploy', 'docker', 'chains.yaml')
const TREASURY = '0x059c59067AA3981662840F624020395C5220fEd2'

/** As Compose fills in `${NAME:-default}`. */
const filled = (text: string): string =>
  text.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_, value: string | undefined) => value ?? '')
const hostPaths = (volumes: string[] = []): string[] =>
  volumes.map((volume) => filled(volume).split(':')[0] ?? '').filter((path) => /^[./]/.test(path))

let secrets: string
beforeAll(() => {
  secrets = makeSecrets()
})
afterAll(() => rmSync(secrets, { recursive: true, force: true }))

it.each(['', 'chain', 'demo', 'obs'])('docker-compose understands the file with the profile %p', (profile) => {
  const args = [
    ...(profile === '' ? [] : ['--profile', profile]),
    '-f',
    inRepository('docker-compose.yml'),
    'config',
    '-q',
  ]
  const { status, stderr } = spawnSync('docker-compose', args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

it.each(services)('every file that %s mounts exists or is a secret that the script makes', (_, { volumes }) => {
  const missing = hostPaths(volumes).filter((path) => {
    if (path === '/var/run/docker.sock') return false
    const made = /^\.\/secrets\/(.+)$/.exec(path)?.[1]
    return !existsSync(made === undefined ? inRepository(path) : join(secrets, made))
  })
  expect(missing).toEqual([])
})

it.each(services)('the volumes and secrets of %s are declared', (_, service) => {
  const named = (service.volumes ?? [])
    .map((volume) => filled(volume).split(':')[0] ?? '')
    .filter((name) => /^\w/.test(name))
  expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named))
  expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(service.secrets ?? []))
})

it('every declared secret is mounted and made by the script', () => {
  const mounted = new Set(services.flatMap(([, service]) => service.secrets ?? []))
  expect([...mounted].sort()).toEqual(Object.keys(compose.secrets).sort())
  const files = Object.values(compose.secrets).map(({ file }) => file.replace('./secrets/', ''))
  expect(readdirSync(secrets)).toEqual(expect.arrayContaining(files))
})

it.each(Object.keys(PROGRAMS))('%s gets each of its settings and no other', (program) => {
  expect(settingNames(compose.services[program]?.environment ?? {}, chainsFile)).toEqual(settingsOf(program, 'socket'))
})

it.each(Object.keys(PROGRAMS))('%s accepts the secrets that the script makes', (program) => {
  const given: [string, string][] = Object.entries(compose.services[program]?.environment ?? {}).map(
    ([name, value]) => [
      name,
      filled(value).replace('/run/secrets', secrets).replace('/etc/ctrip', inRepository('deploy', 'docker')),
    ],
  )
  expect(problemsOf(program, { ...Object.fromEntries(given), TREASURY_ADDRESS: TREASURY })).toEqual([])
})

it.each(Object.keys(PROGRAMS))('the image of %s is a target of the Dockerfile', (program) => {
  const { dockerfile = '', target } = compose.services[program]?.build ?? {}
  expect(target).toBe(program)
  expect(readText(dockerfile)).toContain(` AS ${program}\n`)
})

it('the demo shop is a target of the Dockerfile and gets the settings that it reads', () => {
  const { build, environment = {} } = compose.services['shop'] ?? {}
  expect(readText(build?.dockerfile ?? '')).toContain(` AS ${build?.target ?? ''}\n`)
  const read = /const \{(.*)\} = process\.env/s.exec(readText('examples', 'shop', 'src', 'main.ts'))?.[1] ?? ''
  expect([...read.matchAll(/[A-Z_]{3,}/g)].map(([name]) => name)).toEqual(
    expect.arrayContaining(Object.keys(environment)),
  )
})

it('no service gets the secrets of another', () => {
  const own = /^(api|scanner|sweeper|webhook_dispatcher)_/
  for (const [name, service] of services) {
    if (name === 'migrate') continue // it sets the passwords of all roles
    const others = (service.secrets ?? []).map((secret) => own.exec(secret)?.[1]).filter((owner) => owner !== undefined)
    expect(others.filter((owner) => owner !== name.replaceAll('-', '_'))).toEqual([])
  }
  const holders = services.filter(([, service]) => service.secrets?.includes('deposit_mnemonic')).map(([name]) => name)
  expect(holders).toEqual(['signer'])
  expect(compose.services['signer']).toMatchObject({ networks: ['signing'] })
  expect(compose.networks['signing']).toEqual({ internal: true })
})

it('publishes on loopback only, and neither Postgres nor NATS', () => {
  for (const [, service] of services)
    for (const port of service.ports ?? []) expect(filled(port)).toMatch(/^127\.0\.0\.1:/)
  expect(compose.services['postgres']).toMatchObject({ networks: ['inside'] })
  expect(compose.services['nats']).toMatchObject({ networks: ['inside'] })
  expect(compose.services['postgres']?.ports ?? compose.services['nats']?.ports).toBeUndefined()
})

it.each(services)('%s is pinned to a version and bounded', (_, service) => {
  expect(filled(service.image)).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/)
  expect(Object.keys(service.deploy?.resources.limits ?? {}).sort()).toEqual(['cpus', 'memory'])
})

it('the script keeps existing secrets when it runs again', () => {
  const before = readdirSync(secrets).map((file) => readFileSync(join(secrets, file), 'utf8'))
  makeTheRest(secrets)
  expect(readdirSync(secrets).map((file) => readFileSync(join(secrets, file), 'utf8'))).toEqual(before)
})

it('every variable of the Compose file is in .env.example', () => {
  const used = [...readText('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name ?? '')
  const explained = [...readText('.env.example').matchAll(/^#?(\w+)=/gm)].map(([, name]) => name)
  expect(explained).toEqual(expect.arrayContaining(used.filter((name) => name !== 'NAME')))
})

it('secrets of an operator are neither committed nor sent to a builder', () => {
  for (const file of ['.gitignore', '.dockerignore']) {
    const ignored = readText(file)
      .split('\n')
      .map((line) => line.replace(/^\/|\/$/g, ''))
    expect(ignored).toEqual(expect.arrayContaining(['secrets', '.env']))
  }
})
