import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../src/answer'
import { readEnvironment } from '../src/environment'

describe('the environment of the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-environment-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('takes a secret from the file that a service would take it from', () => {
    const file = join(folder, 'admin_api_key')
    writeFileSync(file, 'the-admin-key\n')
    expect(readEnvironment({ ADMIN_API_KEY_FILE: file })).toMatchObject({ adminApiKey: 'the-admin-key' })
  })

  it('takes the ops ports of services as NAME=URL, and refuses anything else', () => {
    const given = 'api=http://10.0.0.1:9464, scanner-0=https://scanner/ops/'
    expect(readEnvironment({ CTRIP_OPS_URLS: given }).opsAddresses).toEqual([
      { name: 'api', opsUrl: 'http://10.0.0.1:9464' },
      { name: 'scanner-0', opsUrl: 'https://scanner/ops' },
    ])
    for (const wrong of ['http://10.0.0.1:9464', 'api=', 'api=ftp://a', 'api=http://user:key@a'])
      expect(() => readEnvironment({ CTRIP_OPS_URLS: `api=http://a,${wrong}` })).toThrow(
        'CTRIP_OPS_URLS: item 2 is not NAME=URL; expected: a list, separated by commas: NAME=URL, such as scanner=http',
      )
  })

  it('counts an empty variable as unset', () => {
    expect(readEnvironment({ DATABASE_URL: '' }).databaseUrl).toBeUndefined()
  })

  it('is refused as bad usage where a file cannot be read', () => {
    expect(() => readEnvironment({ DATABASE_URL_FILE: join(folder, 'nowhere') })).toThrow(UsageError)
  })
})
