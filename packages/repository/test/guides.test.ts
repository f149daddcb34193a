import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { readPackages } from '../../../scripts/packages.mjs'

const ROOT = path.join(__dirname, '..', '..', '..')
const GUIDES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/glossary.md',
]
const packages = readPackages(ROOT)
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)
const workflows = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort()
const documents = [
  ...globSync(['*.md', 'docs/**/*.md', '.github/**/*.md', '.changeset/*.md', 'bench/*.md'], { cwd: ROOT }),
  ...globSync('{apps,packages,examples}/*/*.md', { cwd: ROOT }),
]

test.each(packages.map(({ folder, manifest }) => ({ folder, name: manifest.name })))(
  '$folder has a README with a paragraph and entry points that exist',
  ({ folder }) => {
    const text = read(`${folder}/README.md`)
    expect(text).toMatch(/^# .+\n\n\S/)
    const named = quoted(text).filter((word) => /^(src|test|prisma|assets)\b/.test(word))
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((word) => !existsSync(path.join(ROOT, folder, word)))).toEqual([])
  },
)

test.each(GUIDES)('the paths that %s names exist', (guide) => {
  const named = quoted(read(guide)).filter((word) =>
    /^(apps|packages|deploy|docs|bench|examples|scripts)\/[^*{}]+$/.test(word),
  )
  expect(named.filter((word) => !existsSync(path.join(ROOT, word)))).toEqual([])
})

test.each(documents)('the links of %s lead to files', (document) => {
  const targets = [...read(document).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  expect(targets.filter((target) => !existsSync(path.join(ROOT, path.dirname(document), target)))).toEqual([])
})

test.each(documents)('the npm scripts that %s names exist', (document) => {
  const named = [...read(document).matchAll(/npm run ([a-z:]+)/g)].map(([, script = '']) => script)
  const own = path.dirname(document).split('/').length === 2 ? ownScripts(path.dirname(document)) : []
  expect(named.filter((script) => ![...scripts, ...own].includes(script))).toEqual([])
})

test.each(documents)('the pnpm commands that %s names exist', (document) => {
  const named = [...read(document).matchAll(/pnpm --filter (@ctrip\/[a-z-]+) (?:run )?([a-z:]+)/g)]
  const missing = named.filter(([, name, script = '']) => {
    const one = packages.find(({ manifest }) => manifest.name === name)
    return one === undefined || !ownScripts(one.folder).includes(script)
  })
  expect(missing.map(([command]) => command)).toEqual([])
})

describe('the workflows', () => {
  const runs = workflows.flatMap((file) => {
    const { jobs } = parse(read(file)) as { jobs: Record<string, { steps: { run?: string }[] }> }
    return Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])))
  })

  test('run scripts of the repository, and cover all parts of npm test', () => {
    const named = runs.flatMap((run) =>
      [...run.matchAll(/npm (?:run ([a-z:]+)|(test))/g)].map(([, run, test]) => run ?? test),
    )
    expect(named.filter((script) => !scripts.includes(script ?? ''))).toEqual([])
    const parts = runs.flatMap((run) => /npm test -- --only (\S+)/.exec(run)?.[1]?.split(',') ?? [])
    expect(parts.sort()).toEqual(['chaos', 'e2e', 'packages', 'static'])
  })

  test('may write only where a job needs it', () => {
    for (const file of workflows) expect(parse(read(file))).toMatchObject({ permissions: { contents: 'read' } })
  })
})

test('every place pins the same Node and pnpm', () => {
  const manifest = JSON.parse(read('package.json')) as {
    packageManager: string
    optionalDependencies: Record<string, string>
  }
  expect(new Set(Object.values(manifest.optionalDependencies))).toEqual(new Set([read('.nvmrc').trim()]))
  const pinned = ['.devcontainer/devcontainer.json', 'deploy/docker/Dockerfile', ...workflows].flatMap((file) =>
    [...read(file).matchAll(/pnpm@[\d.]+/g)].map(([version]) => version),
  )
  expect(new Set(pinned)).toEqual(new Set([manifest.packageManager]))
})

function ownScripts(folder: string): string[] {
  const file = path.join(ROOT, folder, 'package.json')
  return existsSync(file)
    ? Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { scripts?: object }).scripts ?? {})
    : []
}

function quoted(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`\s]+)`/g)].map(([, word = '']) => word)
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}
