import { idToUuid, newId } from '@ctrip/domain/ids'
import { publicId } from '../src/public-id'

test("an id is taken as the API has it, and as a runbook's query shows it", () => {
  const id = newId('payment')
  expect(publicId('payment', id)).toBe(id)
  expect(publicId('payment', idToUuid(id))).toBe(id)
})

test('what is no id is left for the API to refuse', () => {
  expect(publicId('payment', 'order-1017')).toBe('order-1017')
})
