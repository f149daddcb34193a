import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const RUNS = join('.turbo', 'runs') // turbo --summarize writes one JSON file a run
const COUNTS = ['{apps,packages,examples}/*/.results', 'bench/.results']

/** So that nothing of an earlier run is counted: turbo restores the results of tests that it need not run again. */
export function forgetResults() {
  for (const path of [RUNS, ...globSync(COUNTS)]) rmSync(path, { recursive: true, force: true })
}

/** The tasks of all turbo runs since: `{task, folder, exitCode}`, exitCode null for one that was never run. */
export function tasksRun() {
  const files = existsSync(RUNS) ? readdirSync(RUNS).filter((name) => name.endsWith('.json')) : []
  const tasks = files.flatMap((file) => JSON.parse(readFileSync(join(RUNS, file), 'utf8')).tasks)
  return tasks.map((task) => ({
    task: task.task,
    folder: task.directory,
    exitCode: task.cache.status === 'HIT' ? 0 : (task.execution?.exitCode ?? null),
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

function readCount(folder) {
  const file = join(folder, '.results', 'count.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 }
}
