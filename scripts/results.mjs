import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

const RUNS = join('.turbo', 'runs') // turbo --summarize writes one JSON file a run
const RESULTS = ['{apps,packages,examples}/*/.results', 'bench/.results']

/** Removes the results of earlier runs, so that they are not counted. Turbo restores those of tests that it need not run again. */
export function forgetResults() {
  for (const path of [RUNS, ...globSync(RESULTS)]) rmSync(path, { recursive: true, force: true })
}

/** The tasks of all turbo runs since: `{task, folder, exitCode, cached}`, exitCode null for one that was never run. */
export function tasksRun() {
  const files = existsSync(RUNS) ? readdirSync(RUNS).filter((name) => name.endsWith('.json')) : []
  const tasks = files.flatMap((file) => JSON.parse(readFileSync(join(RUNS, file), 'utf8')).tasks)
  return tasks.map(({ task, directory, cache, execution }) => ({
    task,
    folder: directory,
    exitCode: cache.status === 'HIT' ? 0 : (execution?.exitCode ?? null),
    cached: cache.status === 'HIT',
  }))
}

/** Adds up the packages' counts; a task that failed without a failed test (a type error, a lint finding, a crash) is one failure. */
export function addUp(tasks) {
  const total = { passed: 0, failed: tasks.length === 0 ? 1 : 0 }
  for (const { task, folder, exitCode } of tasks) {
    const counts = task === 'test' ? readCount(folder) : { passed: 0, failed: 0 }
    total.passed += counts.passed
    total.failed += counts.failed
    if (exitCode !== 0 && counts.failed === 0) total.failed += 1
  }
  return total
}

/** The test files of these tasks that took longest, slowest first: `{file, seconds}`, without those that turbo did not run. */
export function slowestFiles(tasks, most) {
  return tasks
    .filter(({ task, cached }) => task === 'test' && !cached)
    .flatMap(({ folder }) =>
      readCount(folder).files.map(({ file, seconds }) => ({ file: join(folder, file), seconds })),
    )
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most)
}

/** How far each package's tests are: `{name, files, done, passed, failed, finished}`. */
export function readProgress() {
  return globSync(RESULTS).flatMap((folder) => {
    const name = basename(join(folder, '..'))
    const count = readJson(join(folder, 'count.json'))
    if (count !== null) return [{ name, ...count, files: count.files.length, done: count.files.length, finished: true }]
    const progress = readJson(join(folder, 'progress.json'))
    return progress === null ? [] : [{ name, ...progress, finished: false }]
  })
}

function readCount(folder) {
  return readJson(join(folder, '.results', 'count.json')) ?? { passed: 0, failed: 0, files: [] }
}

/** Null for a file that is not there, or that its writer has not finished. */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}
