import type { BlockCheck } from '../../src/blocks/check-failed'
import { acceptedCopy, type Copy, copiesMissing, judgeCopies } from '../../src/blocks/judge-copies'
import { hashOf } from '../helpers/known'

const HASH = hashOf(`0x${'a'.repeat(64)}`)
const OTHER_HASH = hashOf(`0x${'b'.repeat(64)}`)

function copy(provider: string, digest: string, check: BlockCheck | null = null, hash = HASH): Copy {
  const block = { number: 7, hash, parentHash: HASH, timestamp: 0, transactions: [], logs: [] }
  return { provider, block, digest, doubt: { check, reason: check } }
}

describe('copies of a block that nobody could prove', () => {
  it('are agreed when as many as the quorum are equal, and the others are named', () => {
    const copies = [copy('a', 'lie'), copy('b', 'truth'), copy('c', 'truth')]
    expect(judgeCopies(copies, 2)).toMatchObject({
      ...{ kind: 'taken', trust: 'agreed', copy: { provider: 'b' } },
      against: [{ provider: 'a' }],
    })
    expect(judgeCopies(copies, 3)).toEqual({ kind: 'open' })
  })

  it('are not held against a provider that is on another branch', () => {
    const copies = [copy('a', 'fork', null, OTHER_HASH), copy('b', 'truth'), copy('c', 'truth')]
    expect(judgeCopies(copies, 2)).toMatchObject({ kind: 'taken', against: [] })
  })

  it('are open while two camps, each as large as the quorum, tell different contents of one block', () => {
    const copies = [copy('a', 'x'), copy('b', 'x'), copy('c', 'y'), copy('d', 'y')]
    expect(judgeCopies(copies, 2)).toEqual({ kind: 'open' })
  })

  it('are one word where the quorum is one and there is no other', () => {
    expect(judgeCopies([copy('a', 'x')], 1)).toMatchObject({ kind: 'taken', trust: 'single_word' })
    expect(judgeCopies([copy('a', 'x')], 2)).toEqual({ kind: 'open' })
    expect(judgeCopies([copy('a', 'x'), copy('b', 'y')], 1)).toEqual({ kind: 'open' })
    expect(judgeCopies([copy('a', 'x'), copy('b', 'x')], 1)).toMatchObject({ kind: 'taken', trust: 'agreed' })
  })

  it.each<[BlockCheck, string]>([
    ['header_hash', 'taken'],
    ['transaction_hash', 'taken'],
    ['transactions_root', 'open'],
    ['receipts_root', 'open'],
    ['log_index', 'open'],
    ['malformed', 'open'],
  ])('that fail the check %s at two providers alike are %s', (check, kind) => {
    expect(judgeCopies([copy('a', 'x', check), copy('b', 'x', check)], 2).kind).toBe(kind)
  })

  it('are never one word if the proof refused them', () => {
    expect(judgeCopies([copy('a', 'x', 'header_hash')], 1)).toEqual({ kind: 'open' })
  })

  it('say how many equal ones are missing', () => {
    expect(copiesMissing([copy('a', 'x')], 1)).toBe(1)
    expect(copiesMissing([copy('a', 'x'), copy('b', 'y')], 3)).toBe(2)
    expect(copiesMissing([copy('a', 'x'), copy('b', 'x')], 2)).toBe(0)
  })

  it('are what an operator accepted only while they do not differ', () => {
    expect(acceptedCopy([copy('a', 'x', 'receipts_root'), copy('b', 'x')])?.provider).toBe('a')
    expect(acceptedCopy([copy('a', 'x'), copy('b', 'y')])).toBeNull()
    expect(acceptedCopy([])).toBeNull()
  })
})
