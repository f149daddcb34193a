import { webhookUrlPolicy } from '../src/webhook-url'

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  inbox: ['127.0.0.1'],
  both: ['8.8.8.8', 'fd00::7'],
  'shop.example': ['8.8.8.8', '2606:4700::1111'],
}
const resolve = async (hostname: string) => ADDRESSES[hostname] ?? []
const PUBLIC = webhookUrlPolicy([], resolve)
const LOCAL = webhookUrlPolicy(['127.0.0.0/8', 'fd00::/8', '::ffff:192.168.0.0/112'], resolve)

it.each([
  'https://shop.example/hook?x=1',
  'https://shop.example:8443/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
])('lets %s be told', async (url) => {
  expect(await PUBLIC(url)).toEqual({ ok: true, url })
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
  'https://[4000::1]/',
  'https://[5f00::1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[::7f00:1]/',
  'https://shop.localhost/',
  'https://0.0.0.0/',
  'https://224.0.0.1/',
  'https://168.63.129.16/',
  'https://100.100.100.200/',
  'https://192.0.0.192/',
  'https://[fd00:ec2::254]/',
  'https://[fd20:ce::254]/',
  'https://shop.example/\r\nHost: elsewhere',
  'https://shop.example/a\tb',
  ' https://shop.example/',
  'https://shop.example/a b',
  'https://shop.example/\u0000',
])('refuses %s', async (url) => {
  expect(await PUBLIC(url)).toEqual({ ok: false, refusal: expect.any(String) as string })
})

it.each([
  'http://127.0.0.1:4000/hook',
  'http://localhost:4000/hook',
  'http://[fd00::7]/',
  'http://192.168.7.1:4000/',
  'http://shop.localhost:4000/',
  'http://inbox:4000/',
  'http://both/',
  'http://not-up-yet:4000/',
  'http://host.docker.internal:4000/',
  'http://merchant.shop.svc.cluster.local/',
])('lets %s be told where the operator allows it', async (url) => {
  expect(await LOCAL(url)).toEqual({ ok: true, url })
})

it.each([
  'http://10.0.0.1/',
  'http://192.169.0.1/',
  'https://10.0.0.1/',
  'http://8.8.8.8/',
  'http://shop.example/',
  'http://nobody-knows.example/',
  'http://user@127.0.0.1/',
])('refuses %s all the same', async (url) => {
  expect(await LOCAL(url)).toEqual({ ok: false, refusal: expect.any(String) as string })
})

it.each([
  ['https://SHOP.example:443/a/../hook', 'https://shop.example/hook'],
  ['https:\\\\shop.example\\hook', 'https://shop.example/hook'],
  ['https://sh\u043ep.example/', 'https://xn--shp-ted.example/'],
  ['https://shop.example', 'https://shop.example/'],
])('stores %s as %s', async (given, stored) => {
  expect(await PUBLIC(given)).toEqual({ ok: true, url: stored })
})

it.each(['https://169.254.169.254/', 'https://[fd00:ec2::254]/', 'https://168.63.129.16/'])(
  'refuses %s whatever the operator allows',
  async (url) => {
    const everything = webhookUrlPolicy(['0.0.0.0/0', '::/0'], resolve)
    expect(await everything(url)).toMatchObject({ ok: false })
  },
)
