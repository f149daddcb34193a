import { failed, passed, renderFinding, summarize, warned } from '../src/doctor/finding'

describe('a warning of doctor', () => {
  const warning = warned('identity anvil/local', 'its first block could not be compared', 'try another provider')
  const findings = [passed('database', 'responds'), warning, failed('nats', 'no connection', 'start it')]

  it('is marked as neither passed nor failed, with its remedy', () => {
    expect(findings.map((finding) => renderFinding(finding)[0])).toEqual(['✓', '!', '✗'])
    expect(renderFinding(warning)).toContain('→ try another provider')
  })

  it('is not counted as passed', () => {
    expect(summarize(findings)).toBe('1 of 3 checks passed, 1 raised a warning')
    expect(findings.filter(({ ok }) => ok)).toHaveLength(1)
  })
})
