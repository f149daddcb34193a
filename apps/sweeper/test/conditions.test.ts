import { createLogger } from '@ctrip/telemetry/logger'
import { Conditions } from '../src/context/conditions'

describe('a condition that lasts', () => {
  it('is logged once when it begins, with the number of its items and an example, and once when it is over', () => {
    const { conditions, lines, round } = logged()
    for (let n = 0; n < 5; n++) {
      conditions.note(trouble('timeout', 'swp_1'))
      conditions.note(trouble('timeout', 'swp_2'))
      round()
    }
    expect(lines).toMatchObject([
      { msg: 'sweep.trouble', chain: 'anvil', kind: 'timeout', count: 2, sweep_id: 'swp_1' },
    ])
    for (let n = 0; n < 200; n++) round()
    expect(lines.slice(1)).toMatchObject([
      { msg: 'sweep.condition_over', condition: 'sweep.trouble', kind: 'timeout', count: 10 },
    ])
  })

  it('is one condition where it comes and goes with each block', () => {
    const { conditions, lines, round } = logged()
    for (let n = 0; n < 100; n++) {
      if (n % 3 === 0) conditions.note(trouble('timeout', 'swp_1'))
      round()
    }
    expect(lines).toHaveLength(1)
  })

  it('is logged for each kind, and again when it returns after it was over', () => {
    const { conditions, lines, round } = logged()
    conditions.note(trouble('timeout', 'swp_1'))
    conditions.note(trouble('quota', 'swp_1'))
    round()
    for (let n = 0; n < 100; n++) round()
    conditions.note(trouble('timeout', 'swp_1'))
    round()
    const begun = lines.filter(({ msg }) => msg === 'sweep.trouble').map(({ kind }) => kind)
    expect(begun).toEqual(['timeout', 'quota', 'timeout'])
  })

  function logged() {
    const lines: Record<string, unknown>[] = []
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
    const log = createLogger({ service: 'test', level: 'info' }, { write })
    const conditions = new Conditions()
    return { conditions, lines, round: () => conditions.report('anvil', log) }
  }

  function trouble(kind: string, sweep: string) {
    return { level: 'warn', msg: 'sweep.trouble', kind, fields: { sweep_id: sweep } } as const
  }
})
