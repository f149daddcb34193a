// The program of `npm run sbom`.
import { join } from 'node:path'
import { writeSboms } from './sbom.mjs'

for (const { file, components } of writeSboms(join(import.meta.dirname, '..'))) console.log(`${components}  ${file}`)
