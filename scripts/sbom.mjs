// CycloneDX 1.6 documents of what each app needs to run; `npm run sbom` writes them into artifacts/sbom.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { productionClosure } from './closure.mjs'

/**
 * The document of one workspace package. The same packages give the same document, byte for byte.
 * @param {string} root
 * @param {string} folder
 */
export function renderSbom(root, folder) {
  const packages = [...productionClosure(root, folder).values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const subject = packages.find(
    (one) => one.name === JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).name,
  )
  const refOf = new Map(packages.map((one) => [one.folder, purlOf(one)]))
  const components = packages.filter((one) => one !== subject).map(componentOf)
  const dependencies = packages.map((one) => ({
    ref: purlOf(one),
    dependsOn: [...new Set(one.dependencies.flatMap((child) => refOf.get(child) ?? []))].sort(),
  }))
  const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex')
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${asUuid(digest)}`,
    version: 1,
    metadata: { component: { ...componentOf(subject), type: 'application' } },
    components,
    dependencies,
  }
}

/** @param {import('./closure.mjs').Installed} one */
function componentOf(one) {
  const [group, name] = one.name.startsWith('@') ? one.name.split('/') : [undefined, one.name]
  return {
    type: 'library',
    'bom-ref': purlOf(one),
    ...(group === undefined ? {} : { group }),
    name,
    version: one.version,
    purl: purlOf(one),
    licenses: [licenseOf(one.license)],
  }
}

/** An SPDX id where it is one; an expression where it joins some. */
function licenseOf(license) {
  if (/ (OR|AND|WITH) /.test(license)) return { expression: license.replace(/^\((.*)\)$/, '$1') }
  return /^[A-Za-z0-9.+-]+$/.test(license) && license !== 'NONE'
    ? { license: { id: license } }
    : { license: { name: license } }
}

/**
 * https://github.com/package-url/purl-spec: the scope's @ is encoded.
 * @param {{name: string, version: string}} one
 * @returns {string}
 */
function purlOf({ name, version }) {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`
}

/** A UUID (RFC 9562, version 8) of a digest, so that the document does not change without its contents. */
function asUuid(hex) {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Writes the documents of all apps; returns the files. */
export function writeSboms(root) {
  const target = join(root, 'artifacts', 'sbom')
  mkdirSync(target, { recursive: true })
  return readdirSync(join(root, 'apps')).map((app) => {
    const document = renderSbom(root, join('apps', app))
    const file = join(target, `${app}.cdx.json`)
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`)
    return { file, components: document.components.length }
  })
}
