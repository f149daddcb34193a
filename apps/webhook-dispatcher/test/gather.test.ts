import { gather } from '../src/gather'

test('does together what is asked for while a batch is under way', async () => {
  const batches: number[][] = []
  const add = gather<number, number>({
    batchMax: 100,
    flush: async (items) => {
      batches.push([...items])
      await new Promise((done) => setTimeout(done, 10))
      return items.length
    },
  })
  const first = Promise.all([add(1), add(2)])
  await new Promise((done) => setTimeout(done, 3))
  const second = Promise.all([add(3), add(4), add(5)])
  expect(await first).toEqual([2, 2])
  expect(await second).toEqual([3, 3, 3])
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ])
})

test('tells all of a batch of its failure, and none of the next', async () => {
  let fails = true
  const add = gather<number, string>({
    batchMax: 2,
    flush: async () => {
      if (!fails) return 'done'
      fails = false
      throw new Error('away')
    },
  })
  const results = await Promise.allSettled([add(1), add(2), add(3)])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})
