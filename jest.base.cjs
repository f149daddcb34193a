// Tests run from source (the @ctrip/source export condition), compiled by swc; no build needed.
// Results go to .results/, from which scripts/check.mjs counts.
const { runningServers } = require('./scripts/test-servers.cjs')

// Jest's workers inherit this. Without servers, a test file that needs one starts its own.
if (process.env.TEST_DATABASE_URL === undefined) Object.assign(process.env, runningServers())

const TO_COMMONJS = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
]
// Packages that are ES modules and nothing else: Node can require them, Jest cannot.
const ES_MODULES = '(\\.pnpm/)?(qr)[@/]'

module.exports = (rootDir) => ({
  rootDir,
  testEnvironment: 'node',
  testMatch: ['**/test/**/*.test.ts'],
  transform: { '^.+\\.[cm]?tsx?$': TO_COMMONJS, [`/node_modules/${ES_MODULES}.+\\.js$`]: TO_COMMONJS },
  transformIgnorePatterns: [`/node_modules/(?!${ES_MODULES})`],
  setupFiles: usesFastCheck(rootDir) ? [require.resolve('./scripts/fixed-seed.cjs')] : [],
  testEnvironmentOptions: { customExportConditions: ['@ctrip/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 120_000,
  maxWorkers: 2,
  reporters: [['default', { summaryThreshold: 1000 }], require.resolve('./scripts/jest-count.cjs')],
})

// Loading it where it is not used would cost every test file as much as it does where it is.
function usesFastCheck(rootDir) {
  return 'fast-check' in (require(`${rootDir}/package.json`).devDependencies ?? {})
}
