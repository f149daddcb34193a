import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type Environment, loadConfig } from '../src/config'
import { cidr, flag, hexBytes, integer, list, logLevel, path, port, secret, url } from '../src/settings'

const SECRET = 'correct-horse-battery-staple'

const schema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  PORT: port(),
  ADMIN_API_KEY: secret(20),
  LOG_LEVEL: logLevel().default('info'),
})
const complete = { DATABASE_URL: 'postgresql://ctrip:pw@db/ctrip', PORT: '3000', ADMIN_API_KEY: SECRET }

function problemsOf(env: Environment): string[] {
  const loaded = loadConfig(schema, env)
  return loaded.ok ? [] : loaded.problems
}

describe('loadConfig', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ctrip-config-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function file(content: string): string {
    const name = join(folder, 'secret')
    writeFileSync(name, content)
    return name
  }

  it('parses what the schema names and ignores everything else', () => {
    expect(loadConfig(schema, { ...complete, HOME: '/root' })).toEqual({
      ok: true,
      config: { ...complete, PORT: 3000, LOG_LEVEL: 'info' },
    })
  })

  it('lists every problem at once, each with its variable and what is expected', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://db', PORT: '70000', LOG_LEVEL: 'loud' })).toEqual([
      'DATABASE_URL: not such a URL; expected: a URL that starts with postgresql:// or postgres://',
      'PORT: not within 0 … 65535; expected: a TCP port, 0 … 65535',
      'ADMIN_API_KEY: not set; set ADMIN_API_KEY, or ADMIN_API_KEY_FILE to a file that holds it; expected: a secret of 20 characters or more',
      expect.stringMatching(/^LOG_LEVEL: .*; expected: trace, debug/),
    ])
  })

  it('lets a file that a variable names say for itself what is expected within it', () => {
    const FILE = z
      .string()
      .transform((_, context) => {
        context.addIssue({ code: 'custom', message: 'line 3: must be a number', path: ['the.yaml'] })
        return z.NEVER
      })
      .describe('the path of the.yaml')
    const loaded = loadConfig(z.object({ FILE }), { FILE: '/etc/the.yaml' })
    expect(loaded).toEqual({ ok: false, problems: ['FILE: line 3: must be a number'] })
  })

  it('counts an empty variable as unset', () => {
    expect(problemsOf({ ...complete, PORT: '' })).toEqual([expect.stringContaining('PORT: not set')])
    expect(loadConfig(schema, { ...complete, LOG_LEVEL: '' })).toMatchObject({
      ok: true,
      config: { LOG_LEVEL: 'info' },
    })
  })

  it('reads NAME_FILE without the line break at its end', () => {
    const loaded = loadConfig(schema, { ...complete, ADMIN_API_KEY: '', ADMIN_API_KEY_FILE: file(`${SECRET}\n`) })
    expect(loaded).toMatchObject({ ok: true, config: { ADMIN_API_KEY: SECRET } })
  })

  it('counts an empty file as unset', () => {
    const env = { ...complete, ADMIN_API_KEY: '', ADMIN_API_KEY_FILE: file('\n') }
    expect(problemsOf(env)).toEqual([expect.stringContaining('ADMIN_API_KEY: not set')])
  })

  it('refuses a variable that is set both ways', () => {
    expect(problemsOf({ ...complete, ADMIN_API_KEY_FILE: file(SECRET) })).toEqual([
      'ADMIN_API_KEY: set as ADMIN_API_KEY and as ADMIN_API_KEY_FILE; remove one of them',
    ])
  })

  it('says which file cannot be read and why, beside the other problems', () => {
    expect(problemsOf({ ...complete, PORT: 'x', ADMIN_API_KEY: '', ADMIN_API_KEY_FILE: '/does/not/exist' })).toEqual([
      'ADMIN_API_KEY_FILE: the file /does/not/exist cannot be read (ENOENT); name a file this user may read',
      expect.stringContaining('PORT: not a whole number'),
    ])
  })

  it('does not take CHAINS_FILE for the file of a variable CHAINS', () => {
    const chains = z.object({ CHAINS_FILE: path() })
    expect(loadConfig(chains, { CHAINS_FILE: '/etc/chains.yaml' })).toEqual({
      ok: true,
      config: { CHAINS_FILE: '/etc/chains.yaml' },
    })
  })

  it('never quotes a value, since it may be a secret in the wrong place', () => {
    const env = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, 'hunter2']))
    expect(problemsOf(env)).toHaveLength(4)
    expect(problemsOf(env).join('\n')).not.toContain('hunter2')
  })

  it('passes on what the schema says about several variables together', () => {
    const together = schema.refine(({ PORT }) => PORT !== 1, { path: ['LOG_LEVEL'], message: 'needed on port 1' })
    expect(loadConfig(together, { ...complete, PORT: '1' })).toMatchObject({
      problems: [expect.stringMatching(/^LOG_LEVEL: needed on port 1/)],
    })
  })
})

describe('settings', () => {
  it.each([
    ['integer', integer({ min: -5, max: 5 }), '-5', -5],
    ['port', port(), '0', 0],
    ['url', url('nats'), 'nats://user:pw@host:4222', 'nats://user:pw@host:4222'],
    ['secret', secret(3), 'abc', 'abc'],
    ['hexBytes', hexBytes(2), '0xABCD', 'abcd'],
    ['hexBytes', hexBytes(2), '12ef', '12ef'],
    ['cidr', cidr(), '10.0.0.0/8', '10.0.0.0/8'],
    ['cidr', cidr(), 'fd00::/8', 'fd00::/8'],
    ['list', list(cidr()), '127.0.0.0/8, ::1/128', ['127.0.0.0/8', '::1/128']],
    ['list', list(integer({ min: 0, max: 9 })), '0,1,2', [0, 1, 2]],
    ['flag', flag(), 'true', true],
    ['flag', flag(), '0', false],
    ['path', path(), './chains.yaml', './chains.yaml'],
    ['logLevel', logLevel(), 'debug', 'debug'],
  ])('%s accepts %s%j', (_name, type: z.ZodType, text, value) => {
    expect(type.safeParse(text)).toMatchObject({ success: true, data: value })
  })

  it.each([
    ['integer', integer({ min: 0, max: 5 }), ['6', '-1', '1.5', '1e1', ' 1', '01', '0x1', '9999999999999999']],
    ['port', port(), ['65536', '-1', 'http']],
    ['url', url('nats'), ['http://host', 'nats', '//host', 'host:4222']],
    ['secret', secret(3), ['ab']],
    ['hexBytes', hexBytes(2), ['abc', 'abcde', '0xabcg']],
    ['cidr', cidr(), ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', '10.0.0/8', '10.0.0.0/8/8', '10.0.0.0/-1', 'all']],
    ['list', list(cidr()), ['127.0.0.0/8,', '127.0.0.0/8;::1/128']],
    ['flag', flag(), ['yes', 'TRUE', '2']],
    ['logLevel', logLevel(), ['verbose']],
  ])('%s refuses %j', (_name, type: z.ZodType, texts) => {
    expect(texts.filter((text) => type.safeParse(text).success)).toEqual([])
  })

  it('of a list say which item is wrong', () => {
    const loaded = loadConfig(z.object({ CIDRS: list(cidr()) }), { CIDRS: '127.0.0.0/8,10/8' })
    expect(loaded).toEqual({
      ok: false,
      problems: [
        'CIDRS: item 2 is not a network such as 10.0.0.0/8; expected: a list, separated by commas: networks such as 10.0.0.0/8 or fd00::/8',
      ],
    })
  })
})
