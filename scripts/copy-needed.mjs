// For images: copies of a deployed package only what its programs load, and what else they read: folders, or files by a pattern.
//   node scripts/copy-needed.mjs /deployed/api /app/api dist/instrument.js dist/main.js assets '**/secp256k1.wasm'
import { cp, glob, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { nodeFileTrace } from '@vercel/nft'

const [from, to, ...wanted] = process.argv.slice(2)
const isProgram = (path) => /\.c?js$/.test(path)

const programs = wanted.filter(isProgram).map((program) => join(from, program))
const { fileList } = await nodeFileTrace(programs, { base: from, processCwd: from })
const read = await Array.fromAsync(glob([...wanted.filter((path) => !isProgram(path)), 'package.json'], { cwd: from }))
for (const path of [...fileList, ...read]) await copy(path)

/** Links stay links: pnpm's tree is made of them, and what they lead to is in the list as well. */
async function copy(path) {
  const target = join(to, path)
  await mkdir(dirname(target), { recursive: true })
  await cp(join(from, path), target, { recursive: read.includes(path), verbatimSymlinks: true })
}
