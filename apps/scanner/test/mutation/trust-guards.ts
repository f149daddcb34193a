import type { Guard } from './guards'

const CHAIN = 'packages/chain/src'
const SCANNER = 'apps/scanner/src'

/** Of providers that serve another network, or contradict each other. */
export const TRUST_GUARDS: readonly Guard[] = [
  {
    name: 'providers checked before a halt',
    file: `${SCANNER}/choose-branch.ts`,
    present: 'await source.recheck(signal)',
    absent: '',
    test: 'another-network',
  },
  {
    name: 'quorum asked before a halt',
    file: `${SCANNER}/handle-reorg.ts`,
    present: 'if (await isVouchedFor(deps, block, ourBlock, signal)) return',
    absent: 'if (block.number >= 0) return',
    test: 'deep-fork',
  },
  {
    name: 'no halt on a tie',
    file: `${SCANNER}/choose-branch.ts`,
    present: '(ours === null || theirs > countAgreeing(claims, ours))',
    absent: 'theirs > 0',
    test: 'choose-branch',
  },
  {
    name: 'providers checked uncached',
    file: `${CHAIN}/rpc/admission.ts`,
    present: 'this.#checked.set(provider.name, { ...checked, validUntil: 0 })',
    absent: 'if (checked === undefined) return',
    test: 'another-network',
  },
  {
    name: 'tagged block by its hash',
    file: `${SCANNER}/cursor-quorum.ts`,
    present: 'number > cursor.number || ours.get(number)?.hash === hash',
    absent: 'number >= 0 || hash === hash',
    test: 'another-network',
  },
  {
    name: 'disagreement is reported',
    file: `${SCANNER}/scan-chain.ts`,
    present: 'if (!waits && !isMissing()) report.succeeded()',
    absent: 'if (!waits) report.succeeded()',
    test: 'no-quorum',
  },
  {
    name: 'disagreement is looked for',
    file: `${SCANNER}/scan-chain.ts`,
    present: 'if (isSplit && !isMissing()) await hasQuorum()',
    absent: '',
    test: 'no-quorum',
  },
  {
    name: 'a lone claim is no lag of 0',
    file: 'packages/domain/src/chain-standing.ts',
    present: 'const lagBlocks = lag === 0 && headClaim !== null ? null : lag',
    absent: 'const lagBlocks = lag',
    test: 'chain-standing',
    in: 'packages/domain',
  },
]
