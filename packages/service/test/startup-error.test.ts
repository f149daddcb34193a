import { checkAll, StartupError } from '../src/startup-error'

describe('checkAll', () => {
  it('yields the results in order', async () => {
    await expect(checkAll([Promise.resolve(1), Promise.resolve('two')])).resolves.toEqual([1, 'two'])
  })

  it('lists the problems of every failed check, in the order of the checks', async () => {
    const late = new Promise((_resolve, reject) => setImmediate(() => reject(new StartupError(['one', 'two']))))
    const checks = checkAll([late, Promise.resolve(1), Promise.reject(new StartupError(['three']))])
    await expect(checks).rejects.toEqual(new StartupError(['one', 'two', 'three']))
  })

  it('throws an error of another kind as it is', async () => {
    const bug = new TypeError('undefined is not a function')
    await expect(checkAll([Promise.reject(new StartupError(['one'])), Promise.reject(bug)])).rejects.toBe(bug)
  })
})
