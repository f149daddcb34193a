import { parseChains } from '@ctrip/chain/chains-config'
import { checkoutView } from '../../src/checkout/checkout-view'
import { receiptFragment } from '../../src/checkout/fragments/receipt'
import { chooseLocale } from '../../src/checkout/locales'
import { CHAINS_YAML } from '../support/fixtures'
import { somePayment, someTransfer } from '../support/some-payment'

const NOW = new Date('2026-01-31T12:12:00Z')

function receipt(chain: { chain: string; chainId: number }): string {
  const parsed = parseChains(CHAINS_YAML, {})
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  const subject = {
    payment: somePayment(),
    transfers: [someTransfer(chain)],
    chain: { headNumber: 100, headTime: NOW },
  }
  const options = { merchant: 'Shop', chains: parsed.chains, locale: chooseLocale('en', undefined), now: NOW }
  return receiptFragment(checkoutView(subject, options)).text
}

test('money on another network is shown with the name of that network that payers read', () => {
  expect(receipt({ chain: 'tagged', chainId: 10 })).toContain('Another network (Tagged Testnet)')
})

test('money on a network that is no longer configured is shown with its recorded name', () => {
  expect(receipt({ chain: 'gone', chainId: 99 })).toContain('Another network (gone)')
})
