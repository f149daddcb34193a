import { changing } from './support/behaviours'
import { openScanning, type Scanning } from './support/scanning'

describe('where scanning begins', () => {
  let scanning: Scanning
  afterEach(() => scanning.close())

  it('is the head that most providers have, whatever one of them invents', async () => {
    scanning = await openScanning({
      proxies: 3,
      async prepare({ proxies, mine }) {
        await mine(10)
        proxies[0]?.behave(changing('eth_getBlockByNumber', (block) => Object.assign({}, block, { number: '0xfffff' })))
      },
    })
    const { cursor } = await scanning.state()
    expect(cursor.number).toBe(Number(await scanning.local.rpc('eth_blockNumber')))
  })

  it('is the block that the configuration names', async () => {
    scanning = await openScanning({ settings: { start_block: 4 }, prepare: ({ mine }) => mine(10) })
    const oldest = await scanning.ledger.db.prisma.blocks.findFirst({ orderBy: { number: 'asc' } })
    expect(oldest?.number).toBe(3n)
  })
})
