import { migrate } from '@ctrip/db/schema/migrate'
import { openTestDatabase } from '@ctrip/local-stack/test-database'
import { Client } from 'pg'
import { parse, parseAllDocuments } from 'yaml'
import { checkExpression } from '../src/promql/check-expression'
import { recordedSeries } from '../src/slo/slo-rules'
import { filesIn, readAlerts, readText } from './repository'

const PAGES = [...filesIn('docs/runbooks', '.md'), 'docs/troubleshooting.md'].filter(
  (file) => !file.endsWith('README.md'),
)
const commands = PAGES.flatMap((file) => shellLines(readText(file)).map((line) => [line, file] as const))
const unique = [...new Map(commands)]

const SQL = /^psql "\$DATABASE_URL" -c "([^"]+)"$/
const QUERY = /^curl -s "\$PROMETHEUS_URL\/api\/v1\/query" --data-urlencode 'query=(.+)'$/
const PROMETHEUS = /^curl -s "\$PROMETHEUS_URL\/api\/v1\/(alertmanagers|targets\?state=active)"$/
const OPS = /^curl -s "\$(API|SCANNER|SWEEPER|DISPATCHER)_OPS\/(livez|readyz|metrics)"$/
const API = /^curl -s -X POST "\$API_URL\/api\/v1\/webhook-endpoints\/ENDPOINT_ID\/test" /
const CTRIP =
  /^npx ctrip (doctor|audit|migrate|config check|payments show PAYMENT_ID|trace PAYMENT_ID|webhooks replay ENDPOINT_ID --since 2026-01-31T00:00:00Z --only failed|(chains resume|sweeper (plan|pause|resume)) --chain CHAIN|backfill --chain CHAIN --from FROM --to TO)$/

const KUBECTL_KINDS: Readonly<Record<string, string>> = {
  Deployment: 'deployment',
  HorizontalPodAutoscaler: 'hpa',
  ScaledObject: 'scaledobject',
}

/** The commands that a page says can be run as they stand. */
function shellLines(markdown: string): string[] {
  return fencedLines(markdown, 'sh')
}

function fencedLines(markdown: string, language: 'sh' | 'console'): string[] {
  const fence = new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\`$`, 'gms')
  const blocks = [...markdown.matchAll(fence)].map(([, block = '']) => block)
  return blocks.flatMap((block) => block.split('\n').map((line) => line.trim())).filter(Boolean)
}

function matching(pattern: RegExp): [text: string, file: string][] {
  return unique.flatMap(([line, file]): [string, string][] => {
    const text = pattern.exec(line)?.[1]
    return text === undefined ? [] : [[text, file]]
  })
}

test('every alert has its runbook, and every runbook its alert', () => {
  const names = new Set(readAlerts().map(({ alert }) => `docs/runbooks/${alert}.md`))
  expect(new Set(PAGES.filter((file) => file.startsWith('docs/runbooks/')))).toEqual(names)
})

test.each(filesIn('docs/runbooks', '.md').filter((file) => !file.endsWith('README.md')))(
  '%s says what it means, whom it hurts, how to look and how to mend',
  (file) => {
    const headings = ['**Meaning.** ', '**Impact.** ', '## How to look\n\n', '## How to mend\n\n']
    const positions = headings.map((heading) => readText(file).indexOf(heading))
    expect(positions).not.toContain(-1)
    expect([...positions].sort((one, other) => one - other)).toEqual(positions)
  },
)

test.each(PAGES)('the links of %s lead somewhere', (file) => {
  const targets = [...readText(file).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) => target)
  const folder = file.slice(0, file.lastIndexOf('/'))
  for (const target of targets) expect(() => readText(`${folder}/${target}`)).not.toThrow()
})

test.each(unique)('is a command of a kind that is tried: %s (%s)', (line) => {
  expect([SQL, QUERY, PROMETHEUS, OPS, API, CTRIP].some((kind) => kind.test(line))).toBe(true)
})

test.each(matching(QUERY))('asks only for metrics and labels that exist: %s (%s)', (expr) => {
  expect(checkExpression(expr, recordedSeries())).toEqual([])
})

describe('on a platform', () => {
  const workloads = parseAllDocuments(readText('deploy/k8s/rendered/production.yaml')).map((document) => {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } }
    return `${KUBECTL_KINDS[kind] ?? kind}/${metadata.name}`
  })
  const { services } = parse(readText('docker-compose.yml')) as { services: Record<string, unknown> }
  const lines = ['docs/runbooks/README.md', ...PAGES].flatMap((file) => fencedLines(readText(file), 'console'))

  test.each(lines.filter((line) => line.startsWith('kubectl -n ctrip ')))(
    'names what is in the cluster: %s',
    (line) => {
      const [, kind, name] = /\b(deployment|hpa|scaledobject)[/ ](\S+)/.exec(line) ?? []
      if (kind !== undefined) expect(workloads).toContain(`${kind}/${name?.replace('SERVICE', 'api')}`)
      expect(line).not.toContain(' scale ') // the autoscaler would undo it
    },
  )

  test.each(lines.filter((line) => line.startsWith('docker compose ')))('names services of Compose: %s', (line) => {
    const [, named = ''] = /^docker compose (?:restart|logs --since \w+) ([\w -]+)/.exec(line) ?? []
    const unknown = named.split(' ').filter((name) => name !== '' && name !== 'SERVICE' && !(name in services))
    expect(unknown).toEqual([])
  })
})

describe('against the real schema', () => {
  let client: Client
  let drop: () => Promise<void>

  beforeAll(async () => {
    const database = await openTestDatabase()
    drop = database.drop
    await migrate(database.url)
    client = new Client({ connectionString: database.url })
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await drop()
  })

  test.each(matching(SQL))('runs: %s (%s)', async (sql) => {
    await expect(client.query(sql)).resolves.toBeDefined()
  })
})
