const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const siblings = ['events', 'db', 'chain']

module.exports = {
  forbidden: [
    only('no-circular', 'A circle has no beginning to read from.', {}, { circular: true }),
    only('not-to-unresolvable', 'An import that resolves to nothing.', {}, { couldNotResolve: true }),
    only(
      'domain-imports-nothing',
      'The rules stand alone.',
      { path: '^packages/domain/' },
      { path: '^(packages|apps)/', pathNot: '^packages/domain/' },
    ),
    ...siblings.map((name) =>
      only(
        `${name}-knows-no-sibling`,
        'domain ← {events, db, chain}: only use-cases and apps join them.',
        { path: `^packages/${name}/src/` },
        { path: `^packages/(${siblings.filter((other) => other !== name).join('|')}|use-cases)/` },
      ),
    ),
    only(
      'db-decides-no-transition',
      'SQL and rows. use-cases decides by the transition table, and db saves the result.',
      { path: '^packages/db/src/' },
      { path: '^packages/domain/src/payment/(transition|stages)\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    only(
      'use-cases-ask-no-chain',
      'They join db and events; scanner and sweeper bring the facts of a chain.',
      { path: '^packages/use-cases/src/' },
      { path: '^packages/chain/' },
    ),
    only(
      'telemetry-and-service-know-no-domain',
      'They would serve any system.',
      { path: '^packages/(telemetry|service)/src/' },
      { path: '^packages/(domain|events|db|chain|use-cases|sdk|local-stack)/' },
    ),
    only(
      'telemetry-is-below-service',
      'service uses telemetry.',
      { path: '^packages/telemetry/' },
      { path: '^packages/service/' },
    ),
    only(
      'sdk-depends-on-nothing-here',
      'Merchants install it alone.',
      { path: '^packages/sdk/src/' },
      { path: '^(packages|apps)/', pathNot: '^packages/sdk/' },
    ),
    only(
      'packages-never-import-apps',
      'Apps are the top floor. (What is deployed is tested against their configuration.)',
      { path: '^packages/', pathNot: '^packages/deployment/test/' },
      { path: '^apps/' },
    ),
    only(
      'apps-never-import-apps',
      'Services speak over NATS and Postgres.',
      { path: '^apps/([^/]+)/' },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    only(
      'sweep-phases-do-not-import-each-other',
      'sweep-round.ts alone knows the order of the phases; what they share stands in context/, chain/ and strategies/.',
      { path: '^apps/sweeper/src/(plan|sign|send|track|settle)/' },
      { path: '^apps/sweeper/src/(plan|sign|send|track|settle|operator)/', pathNot: '^apps/sweeper/src/$1/' },
    ),
    only(
      'what-sweep-phases-share-imports-no-phase',
      'context/, chain/ and strategies/ are below the phases.',
      { path: '^apps/sweeper/src/(context|chain|strategies)/' },
      { path: '^apps/sweeper/src/(plan|sign|send|track|settle|operator)/' },
    ),
    only(
      'scanner-and-sweeper-commit-under-a-lease',
      'Their one way to commit is packages/db/src/leases/fenced-commit.ts, which asserts the lease.',
      { path: '^apps/(scanner|sweeper)/src/' },
      { path: '^packages/db/src/database/transaction\\.ts$' },
    ),
    only(
      'no-service-but-the-signer-has-keys',
      'chain/signer holds keys in memory, for tests and tools. In production the signer signs.',
      {
        path: '^(apps|packages)/',
        pathNot: '^(apps/[^/]+/test/|packages/chain/(src/signer|test/)|packages/(local-stack|e2e)/|bench/)',
      },
      { path: '^packages/chain/src/signer' },
    ),
    only(
      'the-signer-depends-on-two-packages-of-ours',
      'Its closure is small enough to read.',
      { path: '^apps/signer/src/' },
      { path: '^packages/', pathNot: '^packages/(settings|signer-protocol)/' },
    ),
    only(
      'settings-and-signer-protocol-import-nothing-of-ours',
      'The signer imports them.',
      { path: '^packages/(settings|signer-protocol)/src/' },
      { path: '^(packages|apps)/', pathNot: '^packages/(settings|signer-protocol)/' },
    ),
    only(
      'services-never-import-development-tools',
      'local-stack is for laptops and tests.',
      {
        path: '^(apps/(api|scanner|sweeper|webhook-dispatcher|signer)|packages/[^/]+)/src/',
        pathNot: '^packages/(local-stack|chaos)/',
      },
      { path: '^packages/(local-stack|e2e)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|generated)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@ctrip/source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
}
