// `npm run house [-- --json | --words | --accept-words]`: figures about the code. docs/house.md keeps those of some dates and says how to read them.
import { readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { importGraph, reachable, sourceFiles } from './import-graph.mjs'
import { readPackages } from './packages.mjs'
import { areaOf, countByArea, readFindings, textsOf } from './words.mjs'

const BASELINE = 'packages/repository/words.json'
const LONGEST_SHOWN = 5
const SMALL_LINES = 40
const NOUN_CLAUSE = 'noun-clause'

/** Where a reader starts: names of files, found wherever they are moved to within the app. */
const FLOWS = [
  { flow: 'POST /payments', app: 'apps/api', starts: ['serve-endpoint.ts', 'create-payment.ts'] },
  { flow: 'outbox to delivered webhook', app: 'apps/webhook-dispatcher', starts: ['service.ts'] },
  { flow: 'confirmed to swept', app: 'apps/sweeper', starts: ['sweep-chain.ts'] },
]
/** Packages of general vocabulary and machinery, which a reader of a flow need not open. */
const FOUNDATIONS = ['packages/domain', 'packages/telemetry', 'packages/service']

const [mode] = process.argv.slice(2)
if (mode === '--words') printWords()
else if (mode === '--accept-words') acceptWords()
else printFigures(measure(), mode === '--json')
process.disconnect?.()

function measure() {
  const packages = readPackages()
  const files = sourceFiles()
  const graph = importGraph(packages, files, { types: false })
  const sources = files.filter((file) => file.includes('/src/'))
  const read = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
  const lines = (file) => read.get(file).split('\n').length - 1
  const findings = readFindings()
  const comments = files.flatMap((file) => textsOf(file, read.get(file)).filter(({ comment }) => comment))
  const old = findings.filter(({ file, rule }) => rule === NOUN_CLAUSE && read.has(file))
  const functions = sources.flatMap((file) => functionsOf(file, read.get(file)))
  return {
    files: sources.length,
    median_lines: median(sources.map(lines)),
    small_share: share(sources.filter((file) => lines(file) <= SMALL_LINES).length, sources.length),
    packages: packages
      .map(({ folder }) => ({ folder, own: sources.filter((file) => file.startsWith(`${folder}/`)) }))
      .filter(({ own }) => own.length > 0)
      .map(({ folder, own }) => ({ package: folder, files: own.length, median_lines: median(own.map(lines)) })),
    flows: FLOWS.map((flow) => countFlow(graph, flow)),
    comments: comments.length,
    noun_clause_share: share(old.length, comments.length),
    forbidden_words: findings.length,
    longest_files: longest(sources.map((file) => ({ file, lines: lines(file) }))),
    longest_functions: longest(functions),
  }
}

/** Files reached by imports that remain at run time: in the app itself, with those of db, chain and events, and with all packages. */
function countFlow(graph, { flow, app, starts }) {
  const entries = starts.map((name) => {
    const entry = [...graph.keys()].find((file) => file.startsWith(`${app}/src/`) && file.endsWith(`/${name}`))
    if (entry === undefined)
      throw new Error(`${app} has no ${name}: name the file where "${flow}" starts in scripts/house.mjs`)
    return entry
  })
  const reached = [...reachable(graph, entries)]
  const own = reached.filter((file) => areaOf(file) === app)
  const opened = reached.filter((file) => !FOUNDATIONS.includes(areaOf(file)))
  return { flow, own_files: own.length, opened_files: opened.length, all_files: reached.length }
}

function functionsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const found = []
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const line = (at) => tree.getLineAndCharacterOfPosition(at).line
      const name = node.name?.getText(tree) ?? 'function'
      found.push({
        file: `${file}:${line(node.getStart(tree)) + 1} ${name}`,
        lines: line(node.end) - line(node.getStart(tree)) + 1,
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function printFigures(figures, json) {
  if (json) return console.log(JSON.stringify(figures, null, 2))
  console.log(
    `${figures.files} source files, median ${figures.median_lines} lines, ${percent(figures.small_share)} of at most ${SMALL_LINES} lines`,
  )
  console.log(
    `${figures.comments} comments, ${percent(figures.noun_clause_share)} begin with a clause in place of a noun; ${figures.forbidden_words} forbidden words`,
  )
  console.table(figures.packages)
  console.table(figures.flows)
  console.table(figures.longest_files)
  console.table(figures.longest_functions)
}

function printWords() {
  for (const { file, line, rule, text, why } of readFindings())
    console.log(`${file}:${line}  ${rule}: ${text}  → ${why}`)
}

/** Lowers the baseline to what is left. Rises where text has moved between packages, but never in sum. */
function acceptWords() {
  const counts = countByArea(readFindings())
  const sum = (of) => Object.values(of).reduce((total, count) => total + count, 0)
  const before = JSON.parse(readFileSync(BASELINE, 'utf8'))
  if (sum(counts) > sum(before)) {
    console.error(
      `${sum(counts)} forbidden words, but the baseline allows ${sum(before)}: \`npm run house -- --words\` lists them`,
    )
    process.exitCode = 1
    return
  }
  writeFileSync(BASELINE, `${JSON.stringify(counts, null, 2)}\n`)
  console.log(`${sum(before)} → ${sum(counts)} forbidden words`)
}

function longest(rows) {
  return rows.sort((a, b) => b.lines - a.lines).slice(0, LONGEST_SHOWN)
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function share(part, whole) {
  return Math.round((part / whole) * 1000) / 1000
}

function percent(fraction) {
  return `${(fraction * 100).toFixed(1)} %`
}
