import { parseAnswer, retryAfterMs } from '../../src/rpc/parse-answer'
import { scrub } from '../../src/rpc/scrub'

describe('parseAnswer', () => {
  it('takes a null result for a result', () => {
    expect(parseAnswer('{"jsonrpc":"2.0","id":1,"result":null}', 1)).toEqual({ kind: 'result', result: null })
  })

  it('takes "error": null for no error', () => {
    expect(parseAnswer('{"id":1,"result":5,"error":null}', 1)).toEqual({ kind: 'result', result: 5 })
  })

  it('reads errors of any make', () => {
    expect(parseAnswer('{"error":"no"}', 1)).toEqual({ kind: 'error', error: { code: 0, message: 'no' } })
    expect(parseAnswer('{"id":null,"error":{"code":"x"}}', 1)).toMatchObject({ error: { code: 0, message: '' } })
  })

  it.each(['', 'null', '[]', '{"id":2,"result":1}', '{"id":1}'])('finds %j malformed', (body) => {
    expect(parseAnswer(body, 1).kind).toBe('malformed')
  })
})

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  it.each([
    [null, null],
    ['3', 3_000],
    ['86400', 60_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
  ])('of %p is %p', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected)
  })
})

describe('scrub', () => {
  const url = new URL('https://user99:password1@keyed-subdomain.example/v2/abcdef123?token=zyxwvu987')
  it('removes whatever the URL is made of, and other URLs', () => {
    const text = 'abcdef123 password1 zyxwvu987 keyed-subdomain and https://help.example/abc?x are bad'
    expect(scrub(text, url)).toBe('[redacted] [redacted] [redacted] [redacted] and [url] are bad')
  })
  it('cuts what is long', () => {
    expect(scrub('x'.repeat(5_000), url)).toHaveLength(200)
  })
})
