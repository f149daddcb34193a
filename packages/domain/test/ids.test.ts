import fc from 'fast-check'
import { ID_PREFIXES, type IdKind, idFromUuid, idToUuid, newId, parseId } from '../src/ids'

/** From the TypeID specification (https://github.com/jetify-com/typeid/tree/main/spec), under our prefix. */
const VALID = [
  ['00000000000000000000000000', '00000000-0000-0000-0000-000000000000'],
  ['00000000000000000000000001', '00000000-0000-0000-0000-000000000001'],
  ['0000000000000000000000000a', '00000000-0000-0000-0000-00000000000a'],
  ['0000000000000000000000000g', '00000000-0000-0000-0000-000000000010'],
  ['00000000000000000000000010', '00000000-0000-0000-0000-000000000020'],
  ['7zzzzzzzzzzzzzzzzzzzzzzzzz', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['0123456789abcdefghjkmnpqrs', '0110c853-1d09-52d8-d73e-1194e95b5f19'],
  ['01h455vb4pex5vsknk084sn02q', '01890a5d-ac96-774b-bcce-b302099a8057'],
] as const

describe('a TypeID', () => {
  it.each(VALID)('pay_%s is %s', (suffix, uuid) => {
    const id = parseId('payment', `pay_${suffix}`)
    expect(id === null ? null : idToUuid(id)).toBe(uuid)
  })

  it.each(VALID)('pay_%s is made of %s', (suffix, uuid) => {
    expect(idFromUuid('payment', uuid)).toBe(`pay_${suffix}`)
  })

  it.each([
    ['another prefix', 'evt_01h455vb4pex5vsknk084sn02q'],
    ['no prefix', '01h455vb4pex5vsknk084sn02q'],
    ['an empty prefix', '_01h455vb4pex5vsknk084sn02q'],
    ['a prefix in capitals', 'PAY_01h455vb4pex5vsknk084sn02q'],
    ['a suffix in capitals', 'pay_01H455VB4PEX5VSKNK084SN02Q'],
    ['a suffix too short', 'pay_01h455vb4pex5vsknk084sn02'],
    ['a suffix too long', 'pay_01h455vb4pex5vsknk084sn02qq'],
    ['a suffix beyond 128 bits', 'pay_8zzzzzzzzzzzzzzzzzzzzzzzzz'],
    ['letters that Crockford left out', 'pay_01h455vb4pex5vsknk084sn0il'],
    ['a hyphen', 'pay_01h455vb4pex5vsknk-84sn02q'],
    ['a UUID', 'pay_01890a5d-ac96-774b-bcce-b302099a8057'],
    ['spaces', ' pay_01h455vb4pex5vsknk084sn02q'],
    ['nothing', ''],
  ])('is not parsed from %s', (_, text) => {
    expect(parseId('payment', text)).toBeNull()
  })
})

describe('a new id', () => {
  it.each(Object.keys(ID_PREFIXES) as IdKind[])(
    'of a %s is parsed as one, and survives the way through a UUID',
    (kind) => {
      const id = newId(kind)
      expect(parseId(kind, id)).toBe(id)
      expect(idFromUuid(kind, idToUuid(id))).toBe(id)
    },
  )

  it('is a UUIDv7 of its moment', () => {
    const at = Date.parse('2026-01-02T03:04:05.678Z')
    const uuid = idToUuid(newId('payment', at))
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(at)
  })

  it('sorts by its moment, as text and as a UUID', () => {
    const moments = fc.integer({ min: 0, max: 2 ** 48 - 2 })
    fc.assert(
      fc.property(moments, (at) => {
        const [earlier, later] = [newId('event', at), newId('event', at + 1)]
        expect(earlier < later).toBe(true)
        expect(idToUuid(earlier) < idToUuid(later)).toBe(true)
      }),
    )
  })

  it('is another one each time', () => {
    const at = Date.now()
    expect(new Set(Array.from({ length: 1_000 }, () => newId('payment', at))).size).toBe(1_000)
  })
})
