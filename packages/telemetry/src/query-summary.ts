/**
 * The operation and the tables of a SQL statement, as `db.query.summary` of the OpenTelemetry semantic conventions 1.44
 * (https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query): `SELECT payments events`.
 */
export interface QuerySummary {
  readonly summary: string
  readonly operation: string
  /** The table, where there is just one. */
  readonly collection: string | null
}

const SUMMARIES_MAX = 500
const COLLECTIONS_MAX = 3
const OPERATIONS = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'])
const TOKEN = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")+"|[A-Za-z_][\w$]*|[().,]/g
/** Before these words stands no name of a table. */
const NO_NAMES = new Set(['SELECT', 'LATERAL', 'UNNEST', 'VALUES', 'GENERATE_SERIES', 'ONLY', 'SET', 'SKIP'])

const summaries = new Map<string, QuerySummary>()

/** Summarizes a statement; the summaries of the first 500 texts are kept, since services repeat the same few. */
export function summarizeQuery(text: string): QuerySummary {
  const known = summaries.get(text)
  if (known !== undefined) return known
  const summary = summarize(tokensOf(text))
  if (summaries.size < SUMMARIES_MAX) summaries.set(text, summary)
  return summary
}

function summarize(tokens: readonly string[]): QuerySummary {
  const operation = operationOf(tokens)
  const ctes = new Set(tokens.filter((_, at) => isCommonTableExpression(tokens, at)))
  const named = tokens.flatMap((_token, at) => (introducesTable(tokens, at) ? [tableAt(tokens, at + 1)] : []))
  const collections = [...new Set(named.filter((name) => name !== null && !ctes.has(name)))].slice(0, COLLECTIONS_MAX)
  return {
    summary: [operation, ...collections].join(' '),
    operation,
    collection: collections.length === 1 ? (collections[0] ?? null) : null,
  }
}

/** Of `WITH …`, the first operation outside parentheses. */
function operationOf(tokens: readonly string[]): string {
  const first = tokens[0]?.toUpperCase() ?? 'QUERY'
  if (first !== 'WITH') return first
  let depth = 0
  for (const token of tokens) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (depth === 0 && OPERATIONS.has(token.toUpperCase())) return token.toUpperCase()
  }
  return first
}

/** `name AS (`, `name AS MATERIALIZED (`, `name AS NOT MATERIALIZED (`. */
function isCommonTableExpression(tokens: readonly string[], at: number): boolean {
  const following = tokens.slice(at + 1, at + 5).map((token) => token.toUpperCase())
  return /^AS,((NOT,)?MATERIALIZED,)?\(/.test(following.join())
}

/** `FROM`, `JOIN`, `INTO`, `USING`, and `UPDATE` where it begins a statement (not in `FOR UPDATE` or `DO UPDATE`). */
function introducesTable(tokens: readonly string[], at: number): boolean {
  const word = tokens[at]?.toUpperCase() ?? ''
  const before = tokens[at - 1]?.toUpperCase() ?? ''
  if (word === 'UPDATE') return before !== 'FOR' && before !== 'DO' && before !== 'KEY'
  if (word === 'FROM') return before !== 'DISTINCT'
  return word === 'JOIN' || word === 'INTO' || word === 'USING'
}

/** Without its schema; null where a subquery or a function stands. */
function tableAt(tokens: readonly string[], at: number): string | null {
  const name = tokens[at]
  if (name === undefined || name === '(' || NO_NAMES.has(name.toUpperCase())) return null
  const last = tokens[at + 1] === '.' ? tokens[at + 2] : name
  const next = tokens[at + 1] === '.' ? tokens[at + 3] : tokens[at + 1]
  return last === undefined || next === '(' ? withColumns(tokens, at, last) : unquoted(last)
}

/** `INSERT INTO table (columns)` looks like a call, and is none. */
function withColumns(tokens: readonly string[], at: number, name: string | undefined): string | null {
  return name !== undefined && tokens[at - 1]?.toUpperCase() === 'INTO' ? unquoted(name) : null
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1) : name
}

function tokensOf(text: string): string[] {
  return (text.match(TOKEN) ?? []).filter((token) => !/^(--|\/\*|')/.test(token))
}
