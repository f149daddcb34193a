import { summarizeQuery } from '../src/query-summary'

test.each([
  ['SELECT 1', 'SELECT', null],
  ['BEGIN', 'BEGIN', null],
  ['select * from payments where id = $1', 'SELECT payments', 'payments'],
  ['SELECT "public"."payments"."id" FROM "public"."payments" WHERE 1=1', 'SELECT payments', 'payments'],
  ['SELECT p.id FROM payments p JOIN events e ON e.payment = p.id', 'SELECT payments events', null],
  ['INSERT INTO transfers (id, amount) VALUES ($1, $2)', 'INSERT transfers', 'transfers'],
  ['INSERT INTO a SELECT * FROM b ON CONFLICT DO UPDATE SET x = 1', 'INSERT a b', null],
  ['UPDATE payments SET status = $1 WHERE id = $2', 'UPDATE payments', 'payments'],
  ['DELETE FROM outbox WHERE id = ANY($1)', 'DELETE outbox', 'outbox'],
  ['select id from payments order by id for update', 'SELECT payments', 'payments'],
  [
    'select 1 from unnest($1::bytea[]) r join deposit_addresses d using (address)',
    'SELECT deposit_addresses',
    'deposit_addresses',
  ],
  [
    'with due as (select id from deliveries for update skip locked) update deliveries d set lease = 1 from due',
    'UPDATE deliveries',
    'deliveries',
  ],
  ['with x as materialized (select 1 from events) select * from x', 'SELECT events', 'events'],
  ['select a is distinct from b from leases', 'SELECT leases', 'leases'],
  ["select 'from secrets' from leases -- from comments", 'SELECT leases', 'leases'],
  ['', 'QUERY', null],
])('summarizes %s as %s', (text, summary, collection) => {
  expect(summarizeQuery(text)).toMatchObject({ summary, collection })
})

test('names the same statement alike, whatever the values', () => {
  expect(summarizeQuery('select * from events where id = $1')).toBe(
    summarizeQuery('select * from events where id = $1'),
  )
})
