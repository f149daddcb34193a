import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isBlockAccepted } from '@ctrip/db/chains/accepted-blocks'
import { recordCycles, recordHeads } from '@ctrip/db/chains/chain-observations'
import { haltChain, moveCursor, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { insertBlock } from '@ctrip/db/chains/scanned-blocks'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { migrate } from '@ctrip/db/schema/migrate'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { openTestDatabase, type TestDatabase } from '@ctrip/local-stack/test-database'
import type { JsonRpcProvider } from 'ethers'

/** From source, so that a change of it is noticed without a build. */
const CTRIP = [
  '--conditions=@ctrip/source',
  '--require',
  join(__dirname, '../../../packages/telemetry/test/fixtures/compile-typescript.cjs'),
  join(__dirname, '../src/main.ts'),
]
const CHAIN = { chainId: 31_337, name: 'anvil', blockTimeMs: 1_000 }
const CURSOR = 3
const OTHER = `0x${'ab'.repeat(32)}`

describe("the operator's decisions about a chain, on a real node and a real database", () => {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-chains-'))
  let anvil: Anvil
  let fork: Anvil
  let node: JsonRpcProvider
  let forked: JsonRpcProvider
  let test: TestDatabase
  let db: Database

  beforeAll(async () => {
    anvil = await startAnvil()
    node = localProvider(anvil.url)
    await node.send('anvil_mine', [`0x${CURSOR.toString(16)}`])
    fork = await startAnvil()
    forked = localProvider(fork.url)
    await forked.send('anvil_loadState', [await node.send('anvil_dumpState', [])])
    await node.send('anvil_mine', ['0x2'])
    await forked.send('evm_increaseTime', [100])
    await forked.send('anvil_mine', ['0x2'])
    test = await openTestDatabase()
    await migrate(test.url)
    db = openDatabase({ url: test.url, applicationName: 'test', poolSize: 2, slowQueryMs: 10_000 })
    const parent = { number: CURSOR, hash: await hashAt(node, CURSOR) }
    const time = new Date()
    await insertBlock(db.prisma, CHAIN.chainId, { ...parent, parentHash: parent.hash, time, trust: 'single_word' })
    await startChain(db.prisma, { chainId: CHAIN.chainId, chain: CHAIN.name, parent, time })
    await recordHeads(db, CHAIN, { ageMs: 0, head: { number: CURSOR + 2, time }, providers: [] })
  }, 60_000)

  afterAll(async () => {
    node.destroy()
    forked.destroy()
    await Promise.all([anvil.stop(), fork.stop(), db.close()])
    await test.drop()
    rmSync(folder, { recursive: true })
  })

  const wrong: readonly [string, () => Promise<[number, string]>, RegExp][] = [
    ['a block that was scanned', async () => [CURSOR, await hashAt(node, CURSOR)], /scanned up to 3 already/],
    ['a block far above every head', async () => [9_000, OTHER], /waits for block 4, not for 9000/],
    ['a later block than the refused one', async () => [5, await hashAt(node, 5)], /waits for block 4, not for 5/],
    ['a hash that no provider serves', async () => [4, OTHER], /no provider serves 0xabab.*at 4 they have 0x/],
    ['the hash of another height', async () => [4, await hashAt(node, 5)], /no provider serves/],
  ]

  it('accept-block refuses while the scanner refuses no block', async () => {
    expect(await accept(4, await hashAt(node, 4))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nothing to accept/) as unknown,
    })
  })

  it.each(wrong)('accept-block refuses %s, and accepts nothing', async (_what, choose, why) => {
    await refuse(4)
    const [number, hash] = await choose()
    expect(await accept(number, hash)).toMatchObject({ status: 1, stderr: expect.stringMatching(why) as unknown })
    expect(await db.prisma.accepted_blocks.count()).toBe(0)
  })

  it('accept-block takes the refused block, and gives it back while it is not used', async () => {
    await refuse(4)
    const hash = await hashAt(node, 4)
    expect(await accept(4, hash)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/served by first/) as unknown,
    })
    expect(await isBlockAccepted(db.prisma, CHAIN.chainId, hash)).toBe(true)
    expect(await accept(4, hash, '--withdraw')).toMatchObject({ status: 0 })
    expect(await isBlockAccepted(db.prisma, CHAIN.chainId, hash)).toBe(false)
    expect(await accept(4, hash, '--withdraw')).toMatchObject({ status: 1 })
    const audited = await db.prisma.audit_log.findMany({
      where: { action: 'ctrip chains accept-block' },
      orderBy: { id: 'asc' },
    })
    expect(audited.map(({ detail }) => detail)).toMatchObject([
      { number: 4, hash, providers: ['first'] },
      { withdrawn: true },
    ])
  })

  it('accept-block gives no block back that was committed', async () => {
    await refuse(4)
    const hash = await hashAt(node, 4)
    expect(await accept(4, hash)).toMatchObject({ status: 0 })
    const block = {
      number: 4,
      hash,
      parentHash: await hashAt(node, CURSOR),
      time: new Date(),
      trust: 'accepted' as const,
    }
    await insertBlock(db.prisma, CHAIN.chainId, block)
    await moveCursor(db.prisma, CHAIN.chainId, block.parentHash, block)
    expect(await accept(4, hash, '--withdraw')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/committed it already/) as unknown,
    })
  })

  it('resume changes nothing while two providers of a quorum of two have different branches', async () => {
    await haltChain(db.prisma, CHAIN.chainId, 'a deep reorg')
    const resumed = await resume(chainsFile(2, [anvil.url, fork.url]))
    expect(resumed).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/do not agree on block 4: 0x.* \(first\), 0x.* \(second\)/) as unknown,
    })
    expect((await readChainState(db.prisma, CHAIN.chainId))?.haltedReason).toBe('a deep reorg')
  })

  it('resume changes nothing while no provider responds', async () => {
    const resumed = await resume(chainsFile(1, ['http://127.0.0.1:1']))
    expect(resumed).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/0 of 1 providers name a newest block/) as unknown,
    })
  })

  it("resume takes the quorum's branch, says who has it, and audits it", async () => {
    const resumed = await resume(chainsFile(2, [anvil.url, anvil.url, fork.url]))
    expect(resumed).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/first, second have it, and the quorum is 2/) as unknown,
    })
    expect((await readChainState(db.prisma, CHAIN.chainId))?.haltedReason).toBeNull()
    const entry = await db.prisma.audit_log.findFirst({ where: { action: 'ctrip chains resume' } })
    const hash = await hashAt(node, 4)
    expect(entry?.detail).toMatchObject({
      halted_reason: 'a deep reorg',
      hash,
      providers: ['first', 'second'],
      quorum: 2,
    })
  })

  it("resume says that it takes one provider's word where the quorum is 1, and refuses a chain that is not halted", async () => {
    await haltChain(db.prisma, CHAIN.chainId, 'a deep reorg')
    const file = chainsFile(1, [anvil.url])
    expect(await resume(file)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/on the word of first, since the quorum is 1/) as unknown,
    })
    expect(await resume(file)).toMatchObject({ status: 1, stderr: expect.stringMatching(/is not halted/) as unknown })
  })

  function chainsFile(quorum: number, urls: readonly string[]): string {
    const file = join(folder, `${quorum}-${urls.length}.yaml`)
    const names = ['first', 'second', 'third']
    const providers = urls.map((http, at) => ({ name: names[at], http }))
    const chain = { name: CHAIN.name, chain_id: CHAIN.chainId, providers, quorum, native: { symbol: 'ETH' } }
    const treasury = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    writeFileSync(file, JSON.stringify({ chains: [{ ...chain, treasury }] }))
    return file
  }

  /** As the scanner records it. */
  function refuse(number: number): Promise<void> {
    return recordCycles(db, CHAIN, { kind: 'failed', forMs: 0, reason: `block ${number}: refused`, count: 1 })
  }

  function accept(number: number, hash: string, ...more: string[]) {
    const block = ['--number', String(number), '--hash', hash, '--reason', 'an explorer shows the same', '--yes']
    return ctrip('accept-block', ...block, '--chains-file', chainsFile(1, [anvil.url]), ...more)
  }

  function resume(file: string) {
    return ctrip('resume', '--chains-file', file)
  }

  async function ctrip(command: string, ...args: string[]) {
    const options = ['--chain', 'anvil', '--database-url', test.url]
    const child = spawn(process.execPath, [...CTRIP, 'chains', command, ...options, ...args], { cwd: folder })
    const status = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { status: await status, stdout, stderr }
  }
})

async function hashAt(provider: JsonRpcProvider, number: number): Promise<Hash> {
  const hash = parseHash((await provider.getBlock(number))?.hash ?? '')
  if (hash === null) throw new Error(`no block ${number}`)
  return hash
}
