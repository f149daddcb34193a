import { readdirSync } from 'node:fs'
import path from 'node:path'
import { renderTable } from './summary/aims'
import { runAll } from './summary/run-all'

/** What each benchmark module exports: measures, and returns what is printed as one JSON object. */
type Benchmark = () => Promise<object>

const NOT_BENCHMARKS = new Set(['main'])

/** `npm run bench -- NAME`: runs one benchmark and prints its figures as one JSON object, last. `all` runs each in turn. */
async function main(name: string | undefined): Promise<number> {
  const names = benchmarks()
  if (name === undefined || (name !== 'all' && !names.includes(name))) {
    console.error(`usage: npm run bench -- ${[...names, 'all'].join('|')}`)
    return 2
  }
  if (name !== 'all') {
    console.log(JSON.stringify({ bench: name, ...(await (await load(name))()) }))
    return 0
  }
  const results = await runAll(__filename, names, console.error)
  console.log(renderTable(results))
  console.log(JSON.stringify({ bench: 'all', results }))
  return Object.keys(results).length === names.length ? 0 : 1
}

/** A benchmark is a file of this folder. */
function benchmarks(): string[] {
  return readdirSync(__dirname)
    .filter((file) => file.endsWith('.js'))
    .map((file) => path.basename(file, '.js'))
    .filter((file) => !NOT_BENCHMARKS.has(file))
    .sort()
}

async function load(name: string): Promise<Benchmark> {
  return ((await import(path.join(__dirname, `${name}.js`))) as { run: Benchmark }).run
}

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
