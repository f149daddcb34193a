import { CircuitBreaker } from '../../src/rpc/circuit-breaker'

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker()
  for (let i = 0; i < 5; i++) {
    breaker.claim(0)
    breaker.failed(0)
  }
  return breaker
}

describe('CircuitBreaker', () => {
  it('stays closed below five failures in a row', () => {
    const breaker = new CircuitBreaker()
    for (let i = 0; i < 20; i++) {
      if (i % 5 === 4) breaker.succeeded()
      else breaker.failed(0)
    }
    expect(breaker.closed).toBe(true)
  })

  it('opens at the fifth, for a second', () => {
    const breaker = opened()
    expect(breaker.claim(999)).toBe(false)
    expect(breaker.claim(1_000)).toBe(true)
  })

  it('lets one probe through, and no second one beside it', () => {
    const breaker = opened()
    expect([breaker.claim(1_000), breaker.claim(1_000)]).toEqual([true, false])
  })

  it('closes when the probe succeeds', () => {
    const breaker = opened()
    breaker.claim(1_000)
    breaker.succeeded()
    expect(breaker.closed && breaker.claim(1_000)).toBe(true)
  })

  it('stays open twice as long each time the probe fails, up to 30 seconds', () => {
    const breaker = opened()
    const waits: number[] = []
    let now = 1_000
    for (let i = 0; i < 7; i++) {
      breaker.claim(now)
      breaker.failed(now)
      let wait = 0
      while (!breaker.permits(now + wait)) wait += 500
      waits.push(wait)
      now += wait
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('gives the probe back when its caller aborts', () => {
    const breaker = opened()
    breaker.claim(1_000)
    breaker.gaveUp()
    expect(breaker.claim(1_000)).toBe(true)
  })

  it('is not held open longer by requests that were under way when it opened', () => {
    const breaker = opened()
    breaker.failed(900)
    expect(breaker.claim(1_000)).toBe(true)
  })
})
