import { recordCycles, recordHeads } from '@ctrip/db/chains/chain-observations'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { registry } from '@ctrip/telemetry/metrics'
import { chainGauges } from '../src/chain-gauges'
import { paymentGauges } from '../src/payment-gauges'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
/** The contract's §6, the scanner's row. */
const NAMES = [
  ...['scan_cursor_block', 'scan_lag_blocks', 'scan_lag_seconds', 'scan_range_blocks'],
  ...['scan_last_success_timestamp_seconds', 'blocks_scanned', 'block_detection_latency_seconds'],
  ...['chain_halted', 'chain_stalled', 'chain_head_read_timestamp_seconds'],
  ...['transfers_detected', 'reorgs', 'reorg_depth_blocks', 'reorg_safety_margin_blocks'],
]

describe("the scanner's metrics", () => {
  let scanning: Scanning
  let gauges: ReturnType<typeof paymentGauges>
  let standings: ReturnType<typeof chainGauges>

  beforeAll(async () => {
    scanning = await openScanning({ settings: { confirmations: { depth: 5 } } })
    const payment = await scanning.ledger.newPayment({})
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(2)
    await scanning.scan()
    await scanning.local.rpc('anvil_reorg', [3, []])
    await scanning.local.mine()
    await scanning.scan()
    const { db } = scanning.ledger
    const { chain } = scanning.local
    const { cursor, cursorTime: time } = await scanning.state()
    await recordHeads(db, chain, { ageMs: 0, head: { number: cursor.number, time }, providers: [] })
    await recordCycles(db, chain, { kind: 'succeeded', ageMs: 0 })
    standings = chainGauges({ db, chains: [chain], log: scanning.deps.log })
    standings.start()
    gauges = paymentGauges({ db, chains: [scanning.local.chain], owner: 'test', log: scanning.deps.log })
    await gauges.start()
    await waitUntil('the gauges', 10_000, async () => (await readMetric('reorg_safety_margin_blocks')) !== null)
  })
  afterAll(async () => {
    await Promise.all([gauges.stop(), standings.stop()])
    await scanning.close()
  })

  it('are all there, and name the chain', async () => {
    const text = await registry.metrics()
    const series = (name: string) => new RegExp(`^ctrip_${name}(_total|_bucket)?\\{[^}]*chain="anvil"`, 'm')
    expect(NAMES.filter((name) => !series(name).test(text))).toEqual([])
  })

  it('tell how far the deepest reorg stayed from the smallest depth that confirms', async () => {
    expect(await readMetric('reorg_safety_margin_blocks')).toBe(2)
    expect(await readMetric('reorgs_total')).toBe(1)
    expect(await readMetric('scan_lag_blocks')).toBe(0)
  })

  async function readMetric(name: string): Promise<number | null> {
    const found = new RegExp(`^ctrip_${name}\\{[^}]*\\} (\\S+)`, 'm').exec(await registry.metrics())
    return found === null ? null : Number(found[1])
  }
})
