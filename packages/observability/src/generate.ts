import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { generatedFiles } from './generated-files'

const ROOT = resolve(__dirname, '../../..')

for (const [path, content] of generatedFiles()) {
  const file = resolve(ROOT, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  console.log(path)
}
