import type { Guard } from './guards'

const SWEEPER = 'apps/sweeper'

/** Of what sweeps may cost, and of where they may send money. */
export const SPENDING_GUARDS: readonly Guard[] = [
  {
    name: 'a needed tip is probed',
    file: `${SWEEPER}/src/context/needed-tip.ts`,
    test: 'needed-tip',
    in: SWEEPER,
    present: 'this.#wei /= 2n',
    absent: '',
  },
  {
    name: 'gas is the median of estimates',
    file: `${SWEEPER}/src/chain/agreed-trial.ts`,
    test: 'agreed-trial',
    in: SWEEPER,
    present: 'const median = sorted[(sorted.length - 1) >> 1]',
    absent: 'const median = works[0]',
  },
  {
    name: 'mined failures end in a wait',
    file: `${SWEEPER}/src/plan/quote-money.ts`,
    test: 'failed-too-often',
    in: SWEEPER,
    present: "if (minedFailures >= MINED_FAILURES_MAX) return wait('failed_too_often', failures)",
    absent: '',
  },
  {
    name: 'no treasury is on the list',
    file: 'packages/chain/src/checks/judge-treasury.ts',
    test: 'checks/judge-treasury',
    in: 'packages/chain',
    present: 'if (listed !== null) return listed',
    absent: '',
  },
]
