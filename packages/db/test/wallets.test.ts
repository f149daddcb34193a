import { takeAddressIndexes } from '../src/payments/new-payments'
import { adoptWallet } from '../src/payments/wallets'
import { type Ledger, openLedger } from './ledger'

let ledger: Ledger
beforeEach(async () => {
  ledger = await openLedger()
})
afterEach(() => ledger.close())

describe('a wallet', () => {
  it('that is the first asked about becomes the ledger’s', async () => {
    expect(await adoptWallet(ledger.db, 'first')).toBe(true)
    expect(await adoptWallet(ledger.db, 'first')).toBe(true)
  })

  it('that is another is refused', async () => {
    await adoptWallet(ledger.db, 'first')
    expect(await adoptWallet(ledger.db, 'second')).toBe(false)
  })

  it('is one, when services with different ones start at the same time', async () => {
    const fingerprints = Array.from({ length: 8 }, (_, n) => `wallet ${n}`)
    const adopted = await Promise.all(fingerprints.map((fingerprint) => adoptWallet(ledger.db, fingerprint)))
    expect(adopted.filter((yes) => yes).length).toBe(1)
    expect(await ledger.db.prisma.wallets.count()).toBe(1)
  })
})

it('an address index is given once', async () => {
  const taken = await Promise.all(Array.from({ length: 10 }, () => takeAddressIndexes(ledger.db, 10)))
  expect(taken.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})
