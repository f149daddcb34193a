import { type Hash, parseHash } from '@ctrip/domain/hash'
import { electGenesis, judgeIdentity } from '../../src/checks/identity'

function hash(digit: string): Hash {
  const parsed = parseHash(`0x${digit.repeat(64)}`)
  if (parsed === null) throw new Error('no hash')
  return parsed
}

const A = hash('a')
const B = hash('b')

describe('judgeIdentity', () => {
  it.each([
    ['admits the configured chain', { chainId: 1, genesis: A }, { chainId: 1, genesis: A }, 'ok'],
    ['admits it where nobody knows the first block', { chainId: 1, genesis: A }, { chainId: 1, genesis: null }, 'ok'],
    ['warns where the first block is not shown', { chainId: 1, genesis: null }, { chainId: 1, genesis: A }, 'warning'],
    ['excludes another chain', { chainId: 31337, genesis: A }, { chainId: 1, genesis: A }, 'excluded'],
    [
      'excludes another chain that hides its first block',
      { chainId: 31337, genesis: null },
      { chainId: 1, genesis: A },
      'excluded',
    ],
    ['excludes a reset chain of the same id', { chainId: 1, genesis: B }, { chainId: 1, genesis: A }, 'excluded'],
  ] as const)('%s', (_, identity, expected, kind) => {
    expect(judgeIdentity(identity, expected).kind).toBe(kind)
  })

  it('says both chains in one sentence', () => {
    expect(judgeIdentity({ chainId: 31337, genesis: A }, { chainId: 1, genesis: null })).toEqual({
      kind: 'excluded',
      sentence: 'it answers for chain 31337, but chains.yaml says chain 1',
    })
  })
})

describe('electGenesis', () => {
  it.each<[string, (Hash | null)[], number, Hash | null]>([
    ['takes the word of the only provider', [A], 1, A],
    ['takes what more tell', [A, B, A], 1, A],
    ['decides nothing between two', [A, B], 1, null],
    ['decides nothing before the quorum answers', [A], 2, null],
    ['takes what the quorum tells', [A, A, B], 2, A],
    ['does not count who shows none', [A, null], 2, A],
    ['decides nothing where nobody shows any', [null, null], 1, null],
    ['decides nothing where nobody answers', [], 1, null],
  ])('%s', (_, claims, quorum, elected) => {
    expect(electGenesis(claims, quorum)).toBe(elected)
  })
})
