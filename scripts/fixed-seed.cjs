const fc = require('fast-check')

// Property tests of `npm test` try the same values on every run and machine, so that a failure in CI repeats and unchanged code
// keeps passing. The long commands (`npm run fuzz`, `simulate`, `chaos`) use random seeds and print them.
fc.configureGlobal({ seed: 20_261_122 })
