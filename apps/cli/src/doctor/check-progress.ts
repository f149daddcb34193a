import { loadChains } from '@ctrip/chain/chains-config'
import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { outboxBacklog } from '@ctrip/db/events/outbox'
import { readHeldLeases } from '@ctrip/db/leases/held-leases'
import { gasWalletLease, writerLease } from '@ctrip/db/leases/lease-names'
import { readPause } from '@ctrip/db/sweeps/sweep-pauses'
import { deliveryBacklog } from '@ctrip/db/webhooks/delivery-backlog'
import { messageOf } from '@ctrip/telemetry/errors'
import { redact } from '@ctrip/telemetry/redact'
import { type Finding, failed, type Subject } from './finding'
import {
  type ChainDuties,
  judgeCollecting,
  judgeDeliveries,
  judgeOutbox,
  judgeReceivers,
  judgeScanning,
} from './judge-progress'

/** Whether work gets done: services that are ready may still be halted, paused or stuck. */
export async function checkProgress({ databaseUrl, chainsFile, env }: Subject): Promise<Finding[]> {
  if (databaseUrl === undefined) return []
  const loaded = chainsFile === undefined ? null : loadChains(chainsFile, env)
  const chains = loaded?.ok === true ? loaded.chains : []
  const db = openDatabase({ url: databaseUrl, applicationName: 'ctrip-doctor', poolSize: 1, slowQueryMs: 5_000 })
  try {
    const findings: Finding[] = []
    for (const { name, chainId } of chains) {
      const duties = await readDuties(db, name, chainId)
      findings.push(judgeScanning(duties), judgeCollecting(duties))
    }
    const backlog = await deliveryBacklog(db)
    return [...findings, judgeOutbox(await outboxBacklog(db)), judgeDeliveries(backlog), judgeReceivers(backlog)]
  } catch (error) {
    return [failed('progress', redact(messageOf(error)), 'mend the database first; see its own line')]
  } finally {
    await db.close()
  }
}

async function readDuties(db: Database, chain: string, chainId: number): Promise<ChainDuties> {
  return db.query('doctor.duties', async (prisma) => {
    const held = (await readHeldLeases(prisma)).map(({ name }) => name)
    return {
      chain,
      facts: await readFactsOf(prisma, chainId),
      pause: await readPause(prisma, chainId),
      scanned: held.includes(writerLease(chainId)),
      collected: held.includes(gasWalletLease(chainId)),
    }
  })
}
