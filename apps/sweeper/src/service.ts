import { hostname } from 'node:os'
import { gasWalletProblems } from '@ctrip/chain/checks/judge-treasury'
import { logAdmission } from '@ctrip/chain/checks/log-admission'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { contractsAt } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { isBlockAccepted } from '@ctrip/db/chains/accepted-blocks'
import { keptGenesis } from '@ctrip/db/chains/chain-identity'
import type { Database } from '@ctrip/db/database/database'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/database/service-database'
import { depositIndexOf, isDepositAddress } from '@ctrip/db/payments/deposit-owner'
import { adoptWallet } from '@ctrip/db/payments/wallets'
import { readDeployment } from '@ctrip/db/sweeps/sweep-transactions'
import type { Hash } from '@ctrip/domain/hash'
import { connectBus } from '@ctrip/events/bus'
import { consumeEvents } from '@ctrip/events/consume'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { StartupError } from '@ctrip/service/startup-error'
import { stopStack } from '@ctrip/service/stop-stack'
import { standbyRelay } from '@ctrip/use-cases/standby-relay'
import { rpcChain } from './chain/rpc-chain'
import { collectionGauges } from './collection-gauges'
import type { SweeperConfig } from './config'
import { Conditions } from './context/conditions'
import { reportTreasuries } from './report-treasuries'
import { awaitSigner, signerAddress, signerCheck } from './signer/reach-signer'
import { remoteKeys } from './signer/remote-keys'
import { signerClient } from './signer/signer-client'
import { sweepChain } from './sweep-chain'

const SERVICE = 'ctrip-sweeper'

export async function buildSweeper({ config, log, signal }: ServiceContext<SweeperConfig>): Promise<Service> {
  const stop = stopStack(log)
  const signerAt = signerAddress(config)
  const owner = `sweeper@${hostname()}:${process.pid}`
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: SERVICE,
    poolSize: config.DATABASE_POOL_SIZE,
    slowQueryMs: config.SLOW_QUERY_MS,
    log,
  })
  stop.push('database', db.close)
  const client = signerClient(signerAt)
  stop.push('signer', async () => client.close())
  const signer = await awaitSigner(client, log, signal)
  const keys = remoteKeys(client, signer, (address) =>
    db.query('deposits.index', (prisma) => depositIndexOf(prisma, signer.wallet_fingerprint, address)),
  )
  const treasuryProblems = gasWalletProblems(config.CHAINS_FILE, keys.gasWallet.address)
  if (treasuryProblems.length > 0) throw new StartupError(treasuryProblems)
  if (!(await adoptWallet(db, keys.walletFingerprint))) {
    throw new StartupError([
      'the DEPOSIT_MNEMONIC of the signer is not of the wallet that the addresses in this database were issued from',
    ])
  }
  await refuseDepositTreasuries(db, config)
  const bus = connectBus({ url: config.NATS_URL, name: SERVICE, log })
  stop.push('nats', bus.close)
  const relay = standbyRelay({ db, bus, owner, log })
  const isAccepted = (chainId: number, hash: Hash) =>
    db.query('blocks.accepted', (prisma) => isBlockAccepted(prisma, chainId, hash))
  const sweepers = config.CHAINS_FILE.map((chain) => {
    const pool = new RpcPool(chain, {
      genesis: keptGenesis(db, chain.chainId),
      onAdmission: logAdmission(log, chain.name),
    })
    stop.push(`rpc:${chain.name}`, () => pool.close())
    const context = {
      config: chain,
      chain: rpcChain(pool, chain, (hash) => isAccepted(chain.chainId, hash), signal),
      db,
      keys,
      log,
      conditions: new Conditions(),
      wakeRelay: bus.wakeRelay,
      now: () => new Date(),
    }
    return { context, pool, ...sweepChain(context, owner) }
  })
  const gauges = collectionGauges(() => sweepers.flatMap(({ context, leads }) => (leads() ? [context] : [])), log)
  // Only a hint to look at once: what is to be collected, the database says.
  const consumer = consumeEvents({
    bus,
    durable: 'sweeper',
    subject: 'payment.confirmed',
    handle: async () => {
      for (const sweeper of sweepers) sweeper.wake()
    },
    log,
  })

  return {
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      { name: 'nats', required: true, probe: bus.ping },
      signerCheck(client, signer),
    ],
    async start() {
      // Not awaited: a provider that is away delays no sweep.
      const reporting = reportTreasuries(
        sweepers.map(({ context, pool }) => ({ chain: context.config, pool, payer: keys.gasWallet.address })),
        log,
      )
      stop.push('treasuries', () => reporting)
      await relay.start()
      stop.push('relay', relay.stop)
      for (const sweeper of sweepers) {
        await sweeper.start()
        stop.push('sweeper', sweeper.stop)
      }
      gauges.start()
      stop.push('gauges', gauges.stop)
      consumer.start()
      stop.push('consumer', consumer.stop)
    },
    stop: stop.stopAll,
  }
}

/** A treasury that was given to a payment would be swept again without end; what our own contracts receive is gone. */
async function refuseDepositTreasuries(db: Database, { CHAINS_FILE: chains }: SweeperConfig): Promise<void> {
  const problems: string[] = []
  for (const { name, chainId, treasury } of chains) {
    if (await db.query('treasury.owner', (prisma) => isDepositAddress(prisma, treasury)))
      problems.push(`the treasury of ${name} is a deposit address of a payment: use an address of your own`)
    const deployment = await db.query('treasury.contracts', (prisma) => readDeployment(prisma, chainId))
    const own = deployment === null ? null : contractsAt(deployment.sender, deployment.nonce)
    if (treasury === own?.batcher || treasury === own?.delegate)
      problems.push(
        `the treasury of ${name} is a contract that sweeps in batches, which can send nothing on: use another`,
      )
  }
  if (problems.length > 0) throw new StartupError(problems)
}
