import { type Address, parseAddress } from '@ctrip/domain/address'
import { UsageError } from './answer'

export function addressOf(option: string, text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new UsageError(`${option} takes an address, not ${text}`)
  return address
}
