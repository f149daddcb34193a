import fc from 'fast-check'

test('property tests try the same values on every run, so that a red one is red again', () => {
  const [first, second] = [1, 2].map(() => fc.sample(fc.bigInt(), 50))
  expect(first).toEqual(second)
})
