const { mkdirSync, rmSync, writeFileSync } = require('node:fs')
const { join, relative } = require('node:path')

/**
 * Jest reporter. While the tests run it keeps `progress.json` in the package's .results/, for the progress line of `npm test`; at the
 * end it leaves `count.json`: `{passed, failed, skipped, files: [{file, seconds}]}`, to be added up after all packages have run.
 */
module.exports = class CountReporter {
  #files = []

  onRunStart(results) {
    mkdirSync(folder(), { recursive: true })
    rmSync(join(folder(), 'count.json'), { force: true })
    this.#report(results)
  }

  onTestResult(_test, result, results) {
    const { start, end } = result.perfStats
    this.#files.push({ file: relative(process.cwd(), result.testFilePath), seconds: (end - start) / 1_000 })
    this.#report(results)
  }

  onRunComplete(_contexts, results) {
    write('count.json', {
      passed: results.numPassedTests,
      // A file that could not be loaded ran no test, and is a failure too.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      files: this.#files,
    })
    rmSync(join(folder(), 'progress.json'), { force: true })
  }

  #report(results) {
    write('progress.json', {
      files: results.numTotalTestSuites,
      done: this.#files.length,
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    })
  }
}

function folder() {
  return join(process.cwd(), '.results')
}

function write(name, content) {
  writeFileSync(join(folder(), name), `${JSON.stringify(content)}\n`)
}
