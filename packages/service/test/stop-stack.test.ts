import { stopStack } from '../src/stop-stack'
import { capturingLogger } from './fixtures/capturing-logger'

describe('stopStack', () => {
  it('stops last what was started first, one after the other', async () => {
    const stopped: string[] = []
    const stack = stopStack(capturingLogger().log)
    for (const name of ['database', 'nats', 'http']) {
      stack.push(name, async () => {
        stopped.push(`${name} begins`)
        await Promise.resolve()
        stopped.push(`${name} ends`)
      })
    }
    await stack.stopAll()
    expect(stopped).toEqual(['http', 'nats', 'database'].flatMap((name) => [`${name} begins`, `${name} ends`]))
  })

  it('stops the rest when one part fails, and logs the failure', async () => {
    const { log, lines } = capturingLogger()
    const stack = stopStack(log)
    const stopDatabase = jest.fn(async () => undefined)
    stack.push('database', stopDatabase)
    stack.push('nats', () => Promise.reject(new Error('already closed')))
    await stack.stopAll()
    expect(stopDatabase).toHaveBeenCalledTimes(1)
    expect(lines()).toMatchObject([{ msg: 'service.stop_failed', part: 'nats', err: { message: 'already closed' } }])
  })
})
