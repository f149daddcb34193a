import { createServer as createTlsServer } from 'node:tls'
import { WEBHOOK_ERRORS } from '@ctrip/domain/webhook-errors'
import { errorOfError } from '../src/delivery-outcome'
import { DestinationRefusedError, NoAddressError } from '../src/guarded-agent'
import { type Sender, sender } from './support/attempt'
import { closeRawServers, startRawServer } from './support/raw-server'
import { closeReceivers, startReceiver } from './support/receiver'
import { SELF_SIGNED } from './support/self-signed'

let open: Sender
beforeEach(() => {
  open = sender(['127.0.0.0/8'])
})
afterEach(async () => {
  await open.close()
  await Promise.all([closeRawServers(), closeReceivers()])
})

test('a merchant reads what is wrong with its receiver', async () => {
  const plain = await startReceiver()
  const hangsUp = await startRawServer((socket) => socket.once('data', () => socket.destroy()))
  const tls = createTlsServer(SELF_SIGNED)
  await new Promise<void>((listening) => tls.listen(0, '127.0.0.1', listening))
  const address = tls.address()
  const tlsPort = typeof address === 'object' && address !== null ? address.port : 0
  const errorAt = async (url: string) => (await open.attempt(url)).error
  expect(await errorAt('http://127.0.0.1:1/')).toBe('connection_refused')
  expect(await errorAt(`http://127.0.0.1:${hangsUp.port}/`)).toBe('connection_reset')
  expect(await errorAt(`https://127.0.0.1:${plain.port}/`)).toBe('not_tls')
  expect(await errorAt(`https://127.0.0.1:${tlsPort}/`)).toBe('certificate_self_signed')
  expect(await errorAt('http://10.0.0.1/')).toBe('no_public_address')
  await new Promise((closed) => tls.close(closed))
})

test('a redirect is told with where it would have led', async () => {
  const redirecting = await startReceiver((_request, response) => {
    response.writeHead(308, { location: 'https://www.shop.example/hook' }).end()
  })
  expect(await open.attempt(redirecting.url)).toMatchObject({
    error: 'redirect',
    location: 'https://www.shop.example/hook',
  })
})

test.each([
  ['CERT_HAS_EXPIRED', 'certificate_expired'],
  ['CERT_NOT_YET_VALID', 'certificate_not_yet_valid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate_wrong_name'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate_incomplete'],
  ['CERT_REVOKED', 'certificate_invalid'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls_failed'],
  ['UND_ERR_CONNECT_TIMEOUT', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNRESET', 'connection_reset'],
])('%s is told as %s', (code, expected) => {
  expect(errorOfError(Object.assign(new Error(code), { code }))).toBe(expected)
})

test('a name that leads inside is told like one that does not exist', () => {
  const refused = errorOfError(new DestinationRefusedError('10.0.0.1 is private'))
  expect(refused).toBe(errorOfError(new NoAddressError('nowhere.example has no address')))
  expect(WEBHOOK_ERRORS[refused]).not.toMatch(/private|internal|refused/)
})

test('headers of the merchant are sent along, and take the place of none of ours', async () => {
  const receiver = await startReceiver()
  await open.attemptWith(receiver.url, { authorization: 'Basic c3RhZ2luZzpvcGVu', 'webhook-id': 'mine' })
  expect(receiver.received[0]?.headers).toMatchObject({
    authorization: 'Basic c3RhZ2luZzpvcGVu',
    'webhook-id': expect.stringMatching(/^evt_/) as string,
    'content-type': 'application/json',
  })
})
