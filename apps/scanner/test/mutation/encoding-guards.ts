import type { Guard } from './guards'

const CHAIN = 'packages/chain/src'

/** Guards of the encodings, whose tests are in packages/chain. */
export const ENCODING_GUARDS: readonly Guard[] = [
  {
    name: 'root of 32 bytes',
    file: `${CHAIN}/blocks/encode-receipt.ts`,
    present: 'root !== null && ROOT.test(root)',
    absent: 'root !== null',
    test: 'blocks/prove-block',
    in: 'packages/chain',
  },
  {
    name: 'root before status',
    file: `${CHAIN}/blocks/read-block.ts`,
    present: "if (outcome.kind === 'root') return 'unknown'",
    absent: "if (outcome.kind === 'root') return receipt['status'] === '0x1' ? 'succeeded' : 'unknown'",
    test: 'blocks/prove-block',
    in: 'packages/chain',
  },
  {
    name: 'recipient of a type without one',
    file: `${CHAIN}/blocks/read-block.ts`,
    present: "to: to === 'encoded' ? recipientOf(raw) : to",
    absent: 'to: recipientOf(raw)',
    test: 'blocks/real-blocks',
    in: 'packages/chain',
  },
  {
    name: 'state sync on Polygon alone',
    file: `${CHAIN}/blocks/read-block.ts`,
    present: 'codec.showsStateSync && place.isLast && ',
    absent: 'place.isLast && ',
    test: 'blocks/prove-block',
    in: 'packages/chain',
  },
  {
    name: 'state sync at the end alone',
    file: `${CHAIN}/blocks/read-block.ts`,
    present: 'codec.showsStateSync && place.isLast && ',
    absent: 'codec.showsStateSync && ',
    test: 'blocks/prove-block',
    in: 'packages/chain',
  },
  {
    name: 'receipts of a later header',
    file: `${CHAIN}/blocks/prove-block.ts`,
    present: 'codec.settlesLater !== null && ',
    absent: 'codec.settlesLater === null && ',
    test: 'blocks/real-blocks',
    in: 'packages/chain',
  },
  {
    name: 'native coin as a token',
    file: `${CHAIN}/chains-consistency.ts`,
    present: 'if (face === null) return []',
    absent: 'return []',
    test: 'chains-config',
    in: 'packages/chain',
  },
]
