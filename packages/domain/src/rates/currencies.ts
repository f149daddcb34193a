/** The active currencies of ISO 4217 by the number of their minor units. Metals, test codes and units of account without one are left out. */
const CODES_BY_DIGITS: readonly (readonly [digits: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
    CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
    SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]

const DIGITS_OF: ReadonlyMap<string, number> = new Map(
  CODES_BY_DIGITS.flatMap(([digits, codes]) => codes.split(/\s+/).map((code) => [code, digits] as const)),
)

/** Every code, in alphabetical order. */
export const CURRENCY_CODES: readonly string[] = [...DIGITS_OF.keys()].sort()

export function isCurrency(code: string): boolean {
  return DIGITS_OF.has(code)
}

/** Minor units of a currency as digits after the point: 2 for USD, 0 for JPY. Throws RangeError for a code that ISO 4217 does not list. */
export function currencyDigits(code: string): number {
  const digits = DIGITS_OF.get(code)
  if (digits === undefined) throw new RangeError(`not an ISO 4217 currency: ${code}`)
  return digits
}

/** A fiat amount in units of its currency, with all its digits: `formatMinorUnits(1999n, 'USD')` is `19.99`. */
export function formatMinorUnits(amount: bigint, code: string): string {
  const digits = currencyDigits(code)
  if (digits === 0) return amount.toString()
  const text = amount.toString().padStart(digits + 1, '0')
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}
