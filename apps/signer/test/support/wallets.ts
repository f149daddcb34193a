export const PHRASE = 'test test test test test test test test test test test junk'

export function opened<Value>(value: Value | null): Value {
  if (value === null) throw new Error('it should have opened')
  return value
}
