import fc from 'fast-check'
import { PROBLEM_CODES } from '../src/http/problem-codes'
import { docsPage } from '../src/openapi/docs-page'
import { openApiDocument } from '../src/openapi/document'
import { endpoints } from '../src/routes/endpoints'
import { compile } from './support/openapi-check'

const document = openApiDocument(endpoints, 'https://pay.example')
const components = { components: document.components ?? {} }

describe('the document', () => {
  it('describes every call', () => {
    const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    )
    const served = endpoints.map(({ spec }) => `${spec.method} ${spec.path.replace(/:(\w+)/g, '{$1}')}`)
    expect(described.sort()).toEqual([...served, 'get /health'].sort())
  })

  it('names every call once', () => {
    const names = endpoints.map(({ spec }) => spec.operation)
    expect(new Set(names).size).toBe(names.length)
  })

  it('describes the webhooks, each with its own data', () => {
    expect(Object.keys(document.webhooks ?? {})).toEqual(
      expect.arrayContaining(['payment.confirmed', 'transfer.unmatched', 'sweep.confirmed', 'endpoint.test']),
    )
    expect(Object.keys(document.webhooks ?? {}).filter((name) => name.startsWith('webhook.'))).toEqual([])
  })

  it('keeps the limits that its generator is known to drop', () => {
    expect(document.components?.schemas?.['CreatePayment']).toMatchObject({
      additionalProperties: false,
      properties: {
        metadata: { maxProperties: 50, propertyNames: { minLength: 1, maxLength: 40 } },
        amount: { pattern: '^[1-9][0-9]{0,77}$' },
        expires_in: { minimum: 60, maximum: 604800, default: 1800 },
      },
    })
  })
})

describe('what the document says of a body is what is checked', () => {
  const withBody = endpoints.flatMap(({ spec }) =>
    spec.body === null ? [] : [{ name: spec.operation, body: spec.body }],
  )

  it.each(withBody.map(({ name, body }) => [name, body] as const))('%s', (name, body) => {
    const operation = endpoints.find(({ spec }) => spec.operation === name)
    const path = operation?.spec.path.replace(/:(\w+)/g, '{$1}') ?? ''
    const documented = document.paths?.[path]?.[operation?.spec.method ?? 'post']?.requestBody
    const schema =
      documented !== undefined && 'content' in documented ? documented.content['application/json']?.schema : {}
    const validate = compile(components, schema ?? {})
    fc.assert(
      fc.property(bodies, (value) => {
        // The document allows a little more: what a schema cannot say (2^256, a leap day) is checked all the same.
        if (body.safeParse(value).success) expect([value, validate(value)]).toEqual([value, true])
      }),
      { numRuns: 300 },
    )
  })

  const textOf = (...values: string[]) => fc.oneof(fc.constantFrom(...values), fc.string())
  const bodies = fc.record(
    {
      chain: fc.oneof(textOf('anvil', '31337'), fc.integer()),
      asset: textOf('USDC', 'ETH'),
      amount: fc.oneof(textOf('1', '0', '1.5'), fc.bigInt({ min: -1n, max: 2n ** 257n }).map(String)),
      expires_in: fc.oneof(fc.integer({ min: 0, max: 700_000 }), fc.double()),
      metadata: fc.dictionary(fc.string({ maxLength: 50 }), fc.string({ maxLength: 600 })),
      reference: fc.option(fc.string({ maxLength: 300 })),
      tolerance_bps: fc.integer({ min: -10, max: 1100 }),
      late_policy: textOf('accept', 'review'),
      success_url: textOf('https://shop.example/thanks'),
      expires_at: textOf('2026-01-31T12:00:00Z'),
      url: textOf('https://shop.example/'),
      events: fc.array(textOf('*', 'payment.*', 'sweep.failed'), { maxLength: 60 }),
      description: fc.option(fc.string()),
      enabled: fc.oneof(fc.boolean(), fc.string()),
      name: fc.option(fc.string()),
      since: textOf('2026-01-31T12:00:00Z'),
      only: textOf('all', 'failed'),
      from: fc.integer(),
      to: fc.integer(),
    },
    { requiredKeys: [] },
  )
})

describe('the reference page', () => {
  const page = docsPage(document)

  it('loads nothing, from here or elsewhere', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|source)\b/i)
    expect(page).not.toMatch(/\b(src|srcset|action)=|url\(|@import/i)
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
    expect(links.filter((href) => !/^(#|openapi\.json$)/.test(href ?? ''))).toEqual([])
  })

  it('explains every call and every problem where links lead', () => {
    const anchors = new Set([...page.matchAll(/id="([^"]+)"/g)].map(([, id]) => id))
    const wanted = [...endpoints.map(({ spec }) => spec.operation), ...Object.keys(PROBLEM_CODES)]
    expect(wanted.filter((id) => !anchors.has(id))).toEqual([])
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, href]) => href)
    expect(links.filter((href) => !anchors.has(href))).toEqual([])
  })
})
