import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { migrate } from '../src/schema/migrate'

// Prisma's own tools, on our schema engine, must agree with our runner: developers use the one, installations the other.
const PACKAGE = path.join(__dirname, '..')
const SCHEMA = path.join(PACKAGE, 'prisma', 'schema.prisma')
const CLI = path.join(path.dirname(require.resolve('prisma/package.json')), 'build', 'index.js')

let database: TestDatabase
beforeEach(async () => {
  database = await openTestDatabase()
})
afterEach(() => database.drop())

interface Ending {
  readonly code: number
  readonly output: string
}

function prisma(args: readonly string[], url = database.url): Promise<Ending> {
  const env = { ...process.env, DATABASE_URL: url, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' }
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { cwd: PACKAGE, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

const difference = (schema: string) =>
  prisma(['migrate', 'diff', '--from-migrations', 'prisma/migrations', '--to-schema', schema, '--exit-code'])

describe('the Prisma CLI', () => {
  it('finds no difference between the migrations and schema.prisma', async () => {
    expect(await difference(SCHEMA)).toMatchObject({
      code: 0,
      output: expect.stringContaining('No difference') as string,
    })
  })

  it('would find one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ctrip-schema-'))
    const altered = path.join(folder, 'schema.prisma')
    const schema = await readFile(SCHEMA, 'utf8')
    await writeFile(altered, schema.replace('model wallets {', 'model wallets {\n  colour String?'))
    const { code, output } = await difference(altered)
    await rm(folder, { recursive: true })
    expect(code).toBe(2)
    expect(output).toContain('Added column `colour`')
  })

  it('finds the database up to date after our own runner', async () => {
    await migrate(database.url)
    expect(await prisma(['migrate', 'status'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('up to date') as string,
    })
  })

  it('deploys what our own runner then has nothing to add to', async () => {
    expect((await prisma(['migrate', 'deploy'])).code).toBe(0)
    expect(await migrate(database.url)).toEqual({ applied: [] })
  })

  it('reads from a migrated database what schema.prisma says', async () => {
    await migrate(database.url)
    const { output } = await prisma(['db', 'pull', '--print'])
    const models = (text: string) => [...text.matchAll(/^model (\w+) \{$/gm)].map(([, name]) => name).sort()
    expect(models(output).filter((name) => !/_(\d{8}|default)$/.test(name ?? ''))).toEqual(
      models(await readFile(SCHEMA, 'utf8')),
    )
  })

  it('says that a database is missing, by its code', async () => {
    const { code, output } = await prisma(['migrate', 'status'], `${database.url}_that_is_missing`)
    expect(code).toBe(1)
    expect(output).toContain('P1003')
  })
})
