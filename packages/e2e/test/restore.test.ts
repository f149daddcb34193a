import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Anvil, newMnemonic, startAnvil } from '@ctrip/local-stack/anvil'
import { writeChainsFile } from '@ctrip/local-stack/chains-file'
import { setUpChain } from '@ctrip/local-stack/local-chain'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { freePortBase } from '@ctrip/local-stack/ports'
import { accountXpub } from '@ctrip/local-stack/secrets'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { createTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import { testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type JsonRpcProvider, NonceManager, parseEther, Wallet } from 'ethers'
import { Client } from 'pg'
import { type Api, openApi, type Payment } from './support/api'
import { runCtrip } from './support/ctrip'

const ARTIFACTS = path.join(__dirname, '..', '..', '..', 'artifacts', 'restore')
const ADMIN_URL = process.env['TEST_DATABASE_URL']
const UNITS = { ETH: parseEther('0.1'), USDC: 1_000_000n }

describe('Postgres restored to an earlier moment, behind the chain', () => {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'ctrip-restore-'))
  const chainsFile = path.join(dataFolder, 'own-chains.yaml')
  const keys = { mnemonic: newMnemonic(), gas: Wallet.createRandom(), treasury: Wallet.createRandom().address }
  let anvil: Anvil
  let provider: JsonRpcProvider
  let customer: NonceManager
  let token: string
  let database: TestDatabase
  let stack: Stack
  let api: Api
  const startedAt = Date.now()
  const drill: string[] = []

  beforeAll(async () => {
    if (ADMIN_URL === undefined) throw new Error('TEST_DATABASE_URL must name a running Postgres')
    database = await createTestDatabase(ADMIN_URL)
    anvil = await startAnvil({ folder: dataFolder, blockTime: 1, mnemonic: newMnemonic() })
    const { url: rpcUrl, fundedPrivateKey } = anvil
    const contracts = await setUpChain({ rpcUrl, fundedPrivateKey, gasWallet: keys.gas.address, dataFolder })
    token = contracts.token
    writeChainsFile(chainsFile, { rpcUrl, blockTimeSeconds: 1, treasury: keys.treasury, token })
    provider = localProvider(rpcUrl)
    customer = new NonceManager(new Wallet(fundedPrivateKey, provider))
    await start()
  }, 180_000)

  afterAll(async () => {
    mkdirSync(ARTIFACTS, { recursive: true })
    writeFileSync(path.join(ARTIFACTS, 'drill.log'), `${drill.join('\n')}\n`)
    await stack.stop()
    provider.destroy()
    await anvil.stop()
    await database.drop()
    rmSync(dataFolder, { recursive: true, force: true })
  }, 60_000)

  it('loses nothing, sweeps and credits nothing twice, and issues no address twice', async () => {
    expect(ctrip('sweeper', 'deploy', '--chain', 'anvil').status).toBe(0)
    const settled = await paid('ETH')
    await untilSettled([settled])
    const open = await create('USDC')
    await stopped()
    await execute(`CREATE DATABASE ${name()}_backup TEMPLATE ${name()}`)
    note('backup taken: one payment settled, one unpaid')

    await start()
    const lost = await Promise.all([create('USDC'), create('USDC'), create('USDC'), create('ETH')])
    for (const { address } of [open, ...lost.slice(0, 3)]) await send('USDC', address)
    await send('ETH', lost[3].address)
    const unpaid = await create('ETH')
    await untilSettled([open, ...lost])
    await stopped()
    const treasury = await treasuryHolds()
    note('five more payments settled, one unpaid; services stopped, the backup put in place of the database')
    await execute(`DROP DATABASE ${name()}`)
    await execute(`CREATE DATABASE ${name()} TEMPLATE ${name()}_backup`)
    await execute(`DROP DATABASE ${name()}_backup`)
    await send('ETH', unpaid.address)

    const shown = restore()
    expect(shown).toMatchObject({ status: 0, answer: { applied: false, unknown_nonces: [] } })
    const sent = shown.answer.chains[0]?.transactions ?? []
    expect(sent.filter(({ purpose }) => purpose === 'collect').length).toBeGreaterThanOrEqual(2)
    expect(sent.filter(({ purpose }) => purpose === null)).toEqual([])
    expect(restore('--apply')).toMatchObject({ status: 0, answer: { applied: true, adopted: sent.length } })
    note(`ctrip restore --apply: ${sent.length} transactions of ours are known again`)
    expect(restore('--apply')).toMatchObject({ status: 0, answer: { adopted: 0, watched: 0, unknown_nonces: [] } })

    await start()
    expect(ctrip('restore', '--gas-wallet', keys.gas.address).stderr).toContain('stop all services first')
    await untilSettled([settled, open])
    const next = await paid('USDC')
    expect([settled, open, ...lost, unpaid].map(({ address }) => address)).not.toContain(next.address)
    await untilSettled([next])
    note('services started; what the backup knew, and a new payment, are settled')
    await waitUntil('the money of the unpaid', 60_000, async () => (await treasuryHolds()).ETH > treasury.ETH)
    await waitUntil('the ledger and the chain to agree', 90_000, async () => ctrip('audit').status === 0)
    expect((await treasuryHolds()).USDC).toBe(treasury.USDC + UNITS.USDC)
    note(`ctrip audit agrees; ${JSON.stringify(await facts())}`)
    expect(await facts()).toEqual({ transfers: 8, uncollected: 0, open: 0, pauses: 0 })
  }, 400_000)

  function note(what: string): void {
    drill.push(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`)
  }

  /** Received money, unswept money, open sweeps and stalled chains. */
  async function facts(): Promise<unknown> {
    const [row] = await execute(
      `SELECT count(*) FILTER (WHERE kind <> 'funding')::int AS transfers,
        count(*) FILTER (WHERE kind <> 'funding' AND collected_by IS NULL)::int AS uncollected,
        (SELECT count(*)::int FROM sweeps WHERE status IN ('planned', 'broadcast')) AS open,
        (SELECT count(*)::int FROM sweep_pauses) AS pauses
       FROM transfers WHERE status <> 'orphaned'`,
      database.url,
    )
    return row
  }

  async function start(): Promise<void> {
    const foreign = {
      databaseUrl: database.url,
      chainsFile,
      depositMnemonic: keys.mnemonic,
      gasWalletPrivateKey: keys.gas.privateKey,
    }
    stack = await startStack({ dataFolder, portBase: await freePortBase(), foreign })
    const { api: at, merchant } = stack.descriptor()
    api = openApi(at.url, merchant.api_key)
  }

  async function stopped(): Promise<void> {
    await stack.stop()
    await execute(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name()}'`)
  }

  function create(asset: 'ETH' | 'USDC'): Promise<Payment> {
    return api.createPayment({ chain: 'anvil', asset, amount: UNITS[asset].toString() })
  }

  async function send(asset: 'ETH' | 'USDC', to: string): Promise<void> {
    const value = UNITS[asset]
    const sent =
      asset === 'ETH' ? customer.sendTransaction({ to, value }) : testToken(token, customer).transfer(to, value)
    await (await sent).wait(1, 60_000)
  }

  async function paid(asset: 'ETH' | 'USDC'): Promise<Payment> {
    const payment = await create(asset)
    await send(asset, payment.address)
    return payment
  }

  async function untilSettled(payments: readonly Payment[]): Promise<void> {
    await waitUntil('settlement', 120_000, async () => {
      const now = await Promise.all(payments.map(({ id }) => api.payment(id)))
      return now.every(({ status }) => status === 'settled')
    })
  }

  async function treasuryHolds() {
    const usdc = await testToken(token, customer).balanceOf(keys.treasury)
    return { ETH: await provider.getBalance(keys.treasury), USDC: usdc }
  }

  interface RestoreAnswer {
    readonly chains: { readonly transactions: { readonly purpose: string | null }[] }[]
  }

  function restore(...more: string[]) {
    const { status, stdout, stderr } = ctrip('restore', '--gas-wallet', keys.gas.address, '--json', ...more)
    if (status !== 0) throw new Error(stderr)
    return { status, answer: JSON.parse(stdout) as RestoreAnswer }
  }

  function ctrip(...args: string[]) {
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      CHAINS_FILE: chainsFile,
      DEPOSIT_XPUB: accountXpub(keys.mnemonic),
    }
    return runCtrip(args, { env })
  }

  function name(): string {
    return new URL(database.url).pathname.slice(1)
  }
})

async function execute(sql: string, url = ADMIN_URL): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
