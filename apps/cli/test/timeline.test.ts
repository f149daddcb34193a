import type { Payment, Timeline } from '../src/api-schemas'
import { renderTimeline } from '../src/render/timeline'

const payment: Payment = {
  id: 'pay_1',
  status: 'detected',
  chain: 'anvil',
  chain_id: 31337,
  asset: { symbol: 'USDC', contract: '0x01' },
  amount: '1500000',
  amount_display: '1.5',
  amount_received: '1500000',
  address: '0x02',
  trace_id: 'a'.repeat(32),
}
const timeline: Timeline = {
  entries: [
    {
      at: '2026-01-02T03:04:05.006Z',
      delay_ms: null,
      kind: 'transition',
      summary: 'created',
      actor: 'api',
      block_number: null,
    },
    {
      at: '2026-01-02T03:04:07.256Z',
      delay_ms: 2_250,
      kind: 'transfer',
      summary: '1.5 USDC included',
      actor: 'scanner',
      block_number: 12,
    },
  ],
  waiting_for: '1 of 3 confirmations',
}

test('one line a happening, in columns, and at the end what it waits for', () => {
  expect(renderTimeline(payment, timeline).split('\n')).toEqual([
    'pay_1  1.5 USDC on anvil  detected',
    ' ● 03:04:05.006                     api      created',
    ' ↓ 03:04:07.256  +2.25 s  block 12  scanner  1.5 USDC included',
    ' … waiting for 1 of 3 confirmations',
  ])
})

test('nothing is said about waiting when it waits for nothing', () => {
  expect(renderTimeline(payment, { ...timeline, waiting_for: null })).not.toContain('waiting')
})
