const { mkdirSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

/** Jest reporter: leaves `{passed, failed, skipped}` in the package's .results/, to be added up after all packages have run. */
module.exports = class CountReporter {
  onRunComplete(_contexts, results) {
    const folder = join(process.cwd(), '.results')
    mkdirSync(folder, { recursive: true })
    const count = {
      passed: results.numPassedTests,
      // A file that could not even be loaded ran no test, and is a failure all the same.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    }
    writeFileSync(join(folder, 'count.json'), `${JSON.stringify(count)}\n`)
  }
}
