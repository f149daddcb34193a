import { deployToken, testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Wallet } from 'ethers'
import { runCtrip } from './support/ctrip'
import { type Gateway, startGateway } from './support/gateway'
import { whileFrozen } from './support/outage'

const TEXT: unknown = expect.any(String)
const STRANGER = '0x00000000000000000000000000000000000000aa'

describe("the operator's command line, on a running gateway", () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway.stop(), 60_000)

  it('doctor finds no problem, down to the signature of a webhook', () => {
    const { status, json } = ctrip('doctor')
    expect(status).toBe(0)
    expect(json).toEqual(expect.arrayContaining([expect.objectContaining({ check: 'webhooks', ok: true })]))
  }, 60_000)

  it('doctor names the failed part and a remedy, and fails', async () => {
    await whileFrozen(gateway.descriptor().nats.pid, async () => {
      const { status, json, stderr } = ctrip('doctor')
      expect(status).toBe(1)
      expect(json).toContainEqual({ check: 'nats', verdict: 'failed', ok: false, detail: TEXT, remedy: TEXT })
      expect(stderr).toMatch(/\d of \d+ checks failed/)
    })
  }, 60_000)

  it('doctor finds a chain without sweeps although every service is ready, and names a remedy', () => {
    ctrip('sweeper', 'pause', '--chain', 'anvil')
    const { status, json } = ctrip('doctor')
    ctrip('sweeper', 'resume', '--chain', 'anvil')
    const remedy: unknown = expect.stringContaining('ctrip sweeper resume --chain anvil')
    expect(json).toContainEqual({ check: 'collecting on anvil', verdict: 'failed', ok: false, detail: TEXT, remedy })
    expect(status).toBe(1)
  }, 60_000)

  it('pays a payment, and shows its timeline and its trace', async () => {
    const { id } = await gateway.create('USDC', 1_000_000n)
    expect(ctrip('pay', id)).toMatchObject({ status: 0 })
    await gateway.untilStatus(id, 'settled')
    expect(ctrip('payments', 'show', id)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('settled') as string,
    })
    expect(ctrip('trace', id)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('payment.detected') as string,
    })
  }, 120_000)

  it('pauses and resumes the sweeper', async () => {
    expect(ctrip('sweeper', 'pause', '--chain', 'anvil')).toMatchObject({ status: 0 })
    const { id } = await gateway.pay('USDC', 1_000_000n)
    await gateway.untilStatus(id, 'confirmed')
    expect(ctrip('sweeper', 'resume', '--chain', 'anvil')).toMatchObject({ status: 0 })
    await gateway.untilStatus(id, 'settled')
  }, 120_000)

  it('deploys the contracts for batch sweeps, and settles payments through them', async () => {
    expect(ctrip('sweeper', 'deploy', '--chain', 'anvil')).toMatchObject({ status: 0 })
    const payments = await Promise.all(Array.from({ length: 4 }, () => gateway.create('USDC', 1_000_000n)))
    for (const { address } of payments) await gateway.send('USDC', address, 1_000_000n)
    for (const { id } of payments) await gateway.untilStatus(id, 'settled')
  }, 120_000)

  it('shows the planned sweeps of a paused chain, and sweeps nothing', async () => {
    expect(ctrip('sweeper', 'pause', '--chain', 'anvil')).toMatchObject({ status: 0 })
    const { id } = await gateway.pay('ETH', 10n ** 17n)
    await gateway.untilStatus(id, 'confirmed')
    const { status, stdout } = ctrip('sweeper', 'plan', '--chain', 'anvil')
    expect(status).toBe(0)
    expect(stdout).toMatch(new RegExp(`native +${id} +0\\.1 ETH +fee 0\\.`))
    expect(ctrip('rescue', '--chain', 'anvil', '--native', '--address', STRANGER).stderr).toContain('anvil is paused')
    expect(ctrip('sweeper', 'resume', '--chain', 'anvil')).toMatchObject({ status: 0 })
    await gateway.untilStatus(id, 'settled')
  }, 120_000)

  it('rescues an unconfigured token once, after showing its plan', async () => {
    const { address } = await gateway.create('USDC', 1_000_000n)
    const { rpc_url: rpcUrl, funded_private_key: privateKey } = gateway.chain
    const token = await deployToken({ rpcUrl, privateKey: privateKey ?? '', symbol: 'STRAY', decimals: 8 })
    const stray = testToken(token, new Wallet(privateKey ?? '', gateway.provider))
    await (await stray.transfer(address, 250_000_000n)).wait()
    const order = ['rescue', '--chain', 'anvil', '--token', token, '--address', address]
    const unconfirmed = ctrip(...order)
    expect(unconfirmed).toMatchObject({ status: 1, stderr: expect.stringContaining('give --yes') as string })
    expect(unconfirmed.stderr).toContain('calls itself STRAY with 8 decimals')
    expect(unconfirmed.stderr).toContain('2.5 unlisted')
    expect(ctrip(...order, '--yes')).toMatchObject({ status: 0, stdout: expect.stringMatching(/swp_/) as string })
    await waitUntil('the rescue', 60_000, async () => (await stray.balanceOf(gateway.chain.treasury)) === 250_000_000n)
    expect(ctrip(...order, '--yes')).toMatchObject({ status: 1 })
  }, 120_000)

  it('explains why a rescue is impossible', () => {
    const rescue = (...more: string[]) => ctrip('rescue', '--chain', 'anvil', '--yes', ...more)
    expect(rescue('--token', STRANGER, '--address', STRANGER).stderr).toContain('there is no contract at')
    expect(rescue('--native', '--address', STRANGER).stderr).toContain('not_a_deposit_address')
    expect(rescue('--native', '--address', 'nobody')).toMatchObject({ status: 2 })
    expect(rescue('--address', STRANGER)).toMatchObject({ status: 2 })
  })

  it('makes the scanner scan old blocks again', () => {
    expect(ctrip('backfill', '--chain', 'anvil', '--from', '0', '--to', '5')).toMatchObject({ status: 0 })
  })

  it('exits 2 when it is called wrongly', () => {
    expect(ctrip('backfill', '--chain', 'anvil')).toMatchObject({ status: 2 })
    expect(ctrip('backfill', '--chain', 'anvil', '--from', 'one', '--to', '5')).toMatchObject({ status: 2 })
  })

  function ctrip(...args: string[]) {
    const json = args[0] === 'doctor' ? ['--json'] : []
    const { status, stdout, stderr } = runCtrip([...args, '--data', gateway.dataFolder, ...json])
    return { status, stdout, stderr, json: json.length > 0 ? (JSON.parse(stdout) as unknown) : null }
  }
})
