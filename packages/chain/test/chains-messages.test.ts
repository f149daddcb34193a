import { stringify } from 'yaml'
import { parseChains } from '../src/chains-config'

const TREASURY = '0x5FbDB2315678afecb367f032d93F642f64180aa3'

function problemsOf(yaml: string): readonly string[] {
  const loaded = parseChains(yaml, {})
  return loaded.ok ? [] : loaded.problems
}

test.each<[string, string, string]>([
  ['nothing in the file', '', 'line 1, chains.yaml: is missing: it must be chains: […]'],
  ['no list', 'chains: {name: a}', 'line 1, chains: must be a list of chains, at least one'],
  [
    'a key with nothing behind it',
    'chains:\n  - name: a\n    native:\n',
    'line 3, chains[0].native: is missing: it must be {symbol: ETH, decimals: 18}',
  ],
  [
    'what is not there',
    'chains:\n\n  - name: a\n',
    'line 3, chains[0].treasury: is missing: it must be an address in quotes, such as "0x…"',
  ],
  [
    'an address without quotes',
    `chains:\n  - name: a\n    treasury: ${TREASURY}`,
    'line 3, chains[0].treasury: must be an address in quotes, such as "0x…"',
  ],
  ['a word that is no choice', 'chains:\n  - verify: prove', 'line 2, chains[0].verify: must be proof or structural'],
  [
    'what is no YAML',
    'chains:\n  - name: a\n  name: b\n',
    'line 3: is not YAML: All mapping items must start at the same column',
  ],
  ['an alias of nothing', 'chains:\n  - *base\n', 'is not YAML: Unresolved alias'],
])('says for %s which line it is, and what is expected there', (_what, yaml, problem) => {
  expect(problemsOf(yaml)).toContainEqual(expect.stringContaining(problem))
})

test('says nothing in words of the validator alone', () => {
  const wrong = [null, 1, 'x', [], {}, [1], { name: 1 }, true]
  const fields = [
    'name',
    'chain_id',
    'providers',
    'quorum',
    'start_block',
    'confirmations',
    'finality',
    'explorer_url',
    'native',
    'tokens',
    'treasury',
    'sweep',
  ]
  const problems = fields.flatMap((field) =>
    wrong.flatMap((value) => problemsOf(stringify({ chains: [{ [field]: value }] }))),
  )
  expect(problems.filter((problem) => /invalid|expected|received/i.test(problem))).toEqual([])
})
