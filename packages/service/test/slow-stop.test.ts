import { logged, startService, VALID_ENVIRONMENT } from './fixtures/start-service'

const GONE_WITHIN_MS = 20_000

describe('a service with work that does not end', () => {
  // This takes the ten seconds of the grace period, so it has a file of its own: Jest runs it in parallel.
  it('aborts the work after the grace period and exits with 0', async () => {
    const service = startService({ ...VALID_ENVIRONMENT, TEST_BEHAVIOUR: 'slow to stop' })
    await service.opsUrl()
    const askedAt = performance.now()
    service.child.kill('SIGTERM')
    const { code, stdout } = await service.exited
    expect(code).toBe(0)
    expect(performance.now() - askedAt).toBeLessThan(GONE_WITHIN_MS)
    expect(logged(stdout).at(-1)).toMatchObject({ msg: 'service.stopped' })
  })
})
