// For images: copies only the files of a deployed package that its programs load, and other files that they read, by folder or pattern.
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

/** Keeps symbolic links, because pnpm's tree consists of them; their targets are in the list too. */
async function copy(path) {
  const target = join(to, path)
  await mkdir(dirname(target), { recursive: true })
  await cp(join(from, path), target, { recursive: read.includes(path), verbatimSymlinks: true })
}
