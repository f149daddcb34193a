// Tests run from source (the @ctrip/source export condition), compiled by swc; no build needed.
// Results go to .results/, from which scripts/check.mjs counts.
module.exports = (rootDir) => ({
  rootDir,
  testEnvironment: 'node',
  testMatch: ['**/test/**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?tsx?$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  testEnvironmentOptions: { customExportConditions: ['@ctrip/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 30_000,
  maxWorkers: 2,
  reporters: [['default', { summaryThreshold: 1000 }], require.resolve('./scripts/jest-count.cjs')],
})
