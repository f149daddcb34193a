import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

// Replicas of the last release run on beside those of the next, on the newest schema: a migration only adds. What takes
// something away says so itself (`-- contracts: …`, a release after its last use), and what lets in more than before as well
// (`-- widens: …`), in the comment of its statement.
const MIGRATIONS = path.join(__dirname, '..', 'prisma', 'migrations')

const RULES: readonly (readonly [what: string, pattern: RegExp, marker: RegExp])[] = [
  ['drops a constraint', /\bDROP\s+CONSTRAINT\b/i, /^-- (widens|contracts): \S/m],
  ['drops', /\bDROP\s+(?!CONSTRAINT\b)(COLUMN|TABLE|INDEX|TYPE|DOMAIN|SEQUENCE|VIEW|FUNCTION|SCHEMA)\b/i, contracts()],
  ['renames', /\bRENAME\b/i, contracts()],
  ['changes a type', /\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b/i, contracts()],
  ['refuses NULL where it was let in', /\bSET\s+NOT\s+NULL\b/i, contracts()],
  ['adds a column that old code leaves out', /\bADD\s+COLUMN\b(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b/i, contracts()],
  ['drops a default', /\bDROP\s+DEFAULT\b/i, contracts()],
  ['deletes', /(?<!BEFORE\s)\bTRUNCATE\b|\bDELETE\s+FROM\b/i, contracts()],
]

function contracts(): RegExp {
  return /^-- contracts: \S/m
}

/** Why old code may not be able to live with a migration. */
function objections(sql: string): string[] {
  return statements(sql).flatMap(({ comment, text }) =>
    RULES.filter(([, pattern, marker]) => pattern.test(text) && !marker.test(comment)).map(
      ([what]) => `${what}: ${text.replace(/\s+/g, ' ').trim()}`,
    ),
  )
}

/** Statements with the comment before each. Bodies of functions are no statements of the migration's. */
function statements(sql: string): { comment: string; text: string }[] {
  const outside = sql.replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
  return outside.split(/;\s*$/m).map((part) => ({
    comment: [...part.matchAll(/^\s*--.*$/gm)].map(([line]) => line.trim()).join('\n'),
    text: part.replace(/--.*$/gm, ''),
  }))
}

const later = readdirSync(MIGRATIONS).filter((name) => /^\d{4}_/.test(name) && !name.startsWith('0001_'))

test.each(later)('%s takes nothing away that old code uses', (name) => {
  expect(objections(readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8'))).toEqual([])
})

test.each([
  ['ALTER TABLE payments DROP COLUMN reference;', 'drops'],
  ['DROP TABLE wallets;', 'drops'],
  ['ALTER TABLE payments RENAME COLUMN reference TO note;', 'renames'],
  ['ALTER TABLE payments ALTER COLUMN reference TYPE varchar(9);', 'changes a type'],
  ['ALTER TABLE payments ALTER reference SET NOT NULL;', 'refuses NULL where it was let in'],
  ['ALTER TABLE payments ADD COLUMN note text NOT NULL;', 'adds a column that old code leaves out'],
  ['ALTER TABLE leases DROP CONSTRAINT leases_pkey;', 'drops a constraint'],
  ['DELETE FROM payments;', 'deletes'],
  ['TRUNCATE payments;', 'deletes'],
])('objects to: %s', (sql, what) => {
  expect(objections(sql)).toEqual([expect.stringContaining(`${what}: `)])
})

test.each([
  "ALTER TABLE payments ADD COLUMN note text NOT NULL DEFAULT '';",
  'ALTER TABLE payments ADD COLUMN note text, ADD COLUMN more jsonb;',
  'CREATE TABLE notes (id uuid PRIMARY KEY, body text NOT NULL);',
  '-- contracts: unused since 1.4\nALTER TABLE payments DROP COLUMN reference;',
  'CREATE TRIGGER t BEFORE TRUNCATE ON payments EXECUTE FUNCTION f();',
  'CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM leases $$;',
])('accepts: %s', (sql) => {
  expect(objections(sql)).toEqual([])
})
