import { Repetitions } from '../src/repetitions'

describe('repetitions', () => {
  it('are news the first time and after the interval, and are counted between', () => {
    const repetitions = new Repetitions(1_000)
    expect(repetitions.note('a', 0)).toEqual({ count: 1, isNews: true })
    expect(repetitions.note('a', 999)).toEqual({ count: 2, isNews: false })
    expect(repetitions.note('a', 1_000)).toEqual({ count: 3, isNews: true })
    expect(repetitions.note('a', 1_999)).toEqual({ count: 4, isNews: false })
  })

  it('are counted for each key', () => {
    const repetitions = new Repetitions(1_000)
    repetitions.note('a', 0)
    expect(repetitions.note('b', 1)).toEqual({ count: 1, isNews: true })
  })

  it('forget the key that was unseen for longest', () => {
    const repetitions = new Repetitions(1_000, 2)
    for (const key of ['a', 'b', 'a', 'c']) repetitions.note(key, 0)
    expect(repetitions.note('a', 0).count).toBe(3)
    expect(repetitions.note('b', 0).count).toBe(1)
  })
})
