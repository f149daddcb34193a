// Compiles contracts/*.sol to src/generated/contracts.ts: `{ TestToken: { abi, bytecode } }`.
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs')
const { basename, join } = require('node:path')
const solc = require('solc')

const FOLDER = join(__dirname, 'contracts')
const TARGET = join(__dirname, 'src', 'generated')

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sol'))
const input = {
  language: 'Solidity',
  sources: Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(FOLDER, file), 'utf8') }])),
  settings: {
    evmVersion: 'prague',
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
  },
}
const readImport = (path) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }))

for (const { formattedMessage } of output.errors ?? []) console.error(formattedMessage)
if ((output.errors ?? []).some(({ severity }) => severity === 'error')) process.exit(1)

const artifacts = files.map((file) => {
  const name = basename(file, '.sol')
  const { abi, evm } = output.contracts[file][name]
  return `export const ${name} = ${JSON.stringify({ abi, bytecode: `0x${evm.bytecode.object}` }, null, 2)}\n`
})
mkdirSync(TARGET, { recursive: true })
writeFileSync(join(TARGET, 'contracts.ts'), artifacts.join('\n'))
