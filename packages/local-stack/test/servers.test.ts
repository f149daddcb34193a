import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAnvil } from '@ctrip/local-stack/anvil'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { deployToken, testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { JsonRpcProvider, Wallet } from 'ethers'
import { Client } from 'pg'

test('Postgres 17 starts, hands out databases of their own and stops', async () => {
  const postgres = await startPostgres()
  const database = await createTestDatabase(postgres.url)
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await client.end()
  await database.drop()
  await postgres.stop()
  expect(rows[0]?.server_version).toMatch(/^17\./)
  expect(() => process.kill(postgres.pid, 0)).toThrow('ESRCH')
})

test('a killed Postgres starts again when the last of its children has ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-survivor-'))
  const killed = await startPostgres({ folder })
  const client = new Client({ connectionString: killed.url })
  client.on('error', () => undefined) // its server is about to be killed
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const survivor = rows[0]?.pid ?? 0
  process.kill(survivor, 'SIGSTOP') // as one that a busy machine does not let run
  process.kill(killed.pid, 'SIGKILL')
  await killed.exited

  const starting = startPostgres({ folder })
  const refused = async () =>
    /pre-existing shared memory block/.test(readFileSync(join(folder, 'logs/postgres.log'), 'utf8'))
  await waitUntil('the refusal', 20_000, refused).finally(() => process.kill(survivor, 'SIGCONT'))
  const started = await starting
  await started.stop()
  rmSync(folder, { recursive: true })
  expect(started.pid).not.toBe(killed.pid)
}, 90_000)

test('nats-server starts and stops', async () => {
  const nats = await startNats()
  await nats.stop()
  expect(() => process.kill(nats.pid, 0)).toThrow('ESRCH')
})

test('a token is deployed on Anvil, with its supply in the hands of the funded account', async () => {
  const anvil = await startAnvil()
  const provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1 })
  const address = await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey, supply: 1_000n })
  const token = testToken(address, new Wallet(anvil.fundedPrivateKey, provider))
  await (await token.transfer(`0x${'11'.repeat(20)}`, 400n)).wait()
  const balances = [await token.balanceOf(anvil.fundedAddress), await token.balanceOf(`0x${'11'.repeat(20)}`)]
  provider.destroy()
  await anvil.stop()
  expect(balances).toEqual([600n, 400n])
})
