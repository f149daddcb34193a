import {
  completeOperatorRequest,
  nextBackfill,
  nextSweeperRequest,
  requestBackfill,
  requestSweeps,
} from '../src/chains/operator-requests'
import { type Ledger, openLedger } from './ledger'

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
})
afterAll(() => ledger.close())

it('hands backfills out oldest first, each until it is done', async () => {
  const { prisma } = ledger.db
  const first = await requestBackfill(prisma, { chainId: 1, fromBlock: 5, toBlock: 9 })
  await requestBackfill(prisma, { chainId: 1, fromBlock: 20, toBlock: 20 })
  await requestBackfill(prisma, { chainId: 2, fromBlock: 1, toBlock: 1 })
  expect(await nextBackfill(prisma, 1)).toMatchObject({ id: first, fromBlock: 5, toBlock: 9 })
  await completeOperatorRequest(prisma, first)
  expect(await nextBackfill(prisma, 1)).toMatchObject({ fromBlock: 20, toBlock: 20 })
})

it('asks each chain to sweep on its own', async () => {
  const { prisma } = ledger.db
  await requestSweeps(prisma, [1, 2])
  const request = await nextSweeperRequest(prisma, 1, 'sweep')
  await completeOperatorRequest(prisma, request?.id ?? 0n)
  expect(await nextSweeperRequest(prisma, 1, 'sweep')).toBeNull()
  expect(await nextSweeperRequest(prisma, 2, 'sweep')).not.toBeNull()
})

it('keeps no range that ends before it begins', async () => {
  const backwards = requestBackfill(ledger.db.prisma, { chainId: 1, fromBlock: 2, toBlock: 1 })
  await expect(backwards).rejects.toThrow('violates check constraint')
})
