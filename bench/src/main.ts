import { readdirSync } from 'node:fs'
import path from 'node:path'
import { judge, renderTable } from './summary/aims'
import { runAll } from './summary/run-all'

/** The export of each benchmark module: measures, and returns the figures to print as one JSON object. */
type Benchmark = () => Promise<object>

/** `npm run bench -- NAME`: runs one benchmark and prints its figures as one JSON object, last, with its aims. `all` runs each in turn. */
async function main(name: string | undefined): Promise<number> {
  const names = benchmarks()
  if (name === undefined || (name !== 'all' && !names.includes(name))) {
    console.error(`usage: npm run bench -- ${[...names, 'all'].join('|')}`)
    return 2
  }
  if (name !== 'all') {
    const figures = await (await load(name))()
    console.log(JSON.stringify({ bench: name, ...figures, aims: judge(name, figures) }))
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
    .filter((file) => file.endsWith('.js') && file !== 'main.js')
    .map((file) => path.basename(file, '.js'))
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
