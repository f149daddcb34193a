import { reasonOf } from '../src/reason'

describe('reasonOf', () => {
  it.each([
    ['a code', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a class', new TypeError('x'), 'TypeError'],
    ['a class, where the code has no end of values', Object.assign(new Error('x'), { code: 'tx 0xabc' }), 'Error'],
    ['no error', 'thrown text', 'unknown'],
    ['a name with no end of values', Object.assign(new Error('x'), { name: 'Error: payment pay_1' }), 'unknown'],
  ])('names %s', (_what, error, reason) => {
    expect(reasonOf(error)).toBe(reason)
  })
})
