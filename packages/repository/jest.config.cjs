const base = require('../../jest.base.cjs')(__dirname)

// The scripts that npm runs are ES modules, which Jest cannot require: they are compiled as the tests are.
module.exports = {
  ...base,
  maxWorkers: 1,
  transform: { ...base.transform, '^.+/scripts/.+\\.mjs$': base.transform['^.+\\.[cm]?tsx?$'] },
}
