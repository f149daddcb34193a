import { webhookUrlPolicy } from '../src/webhook-url'

const PUBLIC = webhookUrlPolicy([])
const LOCAL = webhookUrlPolicy(['127.0.0.0/8', 'fd00::/8'])

it.each([
  'https://shop.example/hook?x=1',
  'https://shop.example:8443/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
])('lets %s be told', (url) => {
  expect(PUBLIC(url)).toBeNull()
})

it.each([
  'http://shop.example/',
  'ftp://shop.example/',
  'javascript:alert(1)',
  'shop.example',
  'https://',
  'https://user@shop.example/',
  'https://user:secret@shop.example/',
  'https://shop.example/#part',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://127.0.0.1./',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://10.1.2.3/',
  'https://169.254.169.254/latest/meta-data',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://0.0.0.0/',
  'https://224.0.0.1/',
])('refuses %s', (url) => {
  expect(PUBLIC(url)).toEqual(expect.any(String))
})

it.each(['http://127.0.0.1:4000/hook', 'http://localhost:4000/hook', 'http://[fd00::7]/', 'http://inbox:4000/'])(
  'lets %s be told where the operator allows it',
  (url) => {
    expect(LOCAL(url)).toBeNull()
  },
)

it.each(['http://10.0.0.1/', 'https://10.0.0.1/', 'http://8.8.8.8/', 'http://user@127.0.0.1/'])(
  'refuses %s all the same',
  (url) => {
    expect(LOCAL(url)).toEqual(expect.any(String))
  },
)
