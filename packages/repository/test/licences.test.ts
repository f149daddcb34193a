import { readdirSync } from 'node:fs'
import path from 'node:path'
import { productionClosure } from '../../../scripts/closure.mjs'
import { renderSbom } from '../../../scripts/sbom.mjs'

const ROOT = path.join(__dirname, '..', '..', '..')
const APPS = readdirSync(path.join(ROOT, 'apps'))

/** Licences that ask for attribution at most. Another one needs a reason here, or another package. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
])

interface Installed {
  readonly id: string
  readonly name: string
  readonly license: string
}

/** One of several by choice is enough; of several together all must be allowed. */
function isAllowed(license: string): boolean {
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ')
  return choices.some((choice) => choice.split(/ AND /i).every((id) => ALLOWED.has(id)))
}

describe.each(APPS)('what %s needs to run', (app) => {
  const closure: Installed[] = [...productionClosure(ROOT, `apps/${app}`).values()]

  it('is under licences that are allowed', () => {
    const refused = closure.filter(({ license }) => !isAllowed(license)).map(({ id, license }) => `${id}: ${license}`)
    expect(refused).toEqual([])
  })

  it('is listed in its CycloneDX document, each package once, with its dependencies', () => {
    const document = renderSbom(ROOT, `apps/${app}`)
    expect([document.bomFormat, document.specVersion]).toEqual(['CycloneDX', '1.6'])
    expect(document.components).toHaveLength(closure.length - 1)
    const refs = [document.metadata.component, ...document.components].map((component) => component['bom-ref'])
    expect(new Set(refs).size).toBe(refs.length)
    const known = new Set(refs)
    expect(document.dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort())
    for (const { dependsOn } of document.dependencies) expect(dependsOn.filter((ref) => !known.has(ref))).toEqual([])
    expect(renderSbom(ROOT, `apps/${app}`)).toEqual(document)
  })
})

it.each(['MIT', '(MIT OR GPL-3.0)', 'ISC AND MIT'])('allows %s', (license) => {
  expect(isAllowed(license)).toBe(true)
})

it.each(['FSL-1.1-Apache-2.0', 'EPL-2.0', 'GPL-3.0', 'MIT AND EPL-2.0', 'NONE', 'SEE LICENSE IN LICENSE'])(
  'refuses %s',
  (license) => {
    expect(isAllowed(license)).toBe(false)
  },
)
