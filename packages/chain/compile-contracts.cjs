// Compiles contracts/*.sol to src/generated: creation code, runtime code, and where in it immutables stand.
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const solc = require('solc')

const CONTRACTS = {
  'SweepBatcher.sol': ['SweepBatcher', 'SweepDelegate'],
  'Questions.sol': ['BalanceReader', 'FeedReader', 'TransferTrial'],
}
/** The module that is made of each. */
const MODULES = { 'SweepBatcher.sol': 'sweep-contracts.ts', 'Questions.sol': 'questions.ts' }
const FILES = Object.keys(CONTRACTS)
const TARGET = join(__dirname, 'src', 'generated')

const input = {
  language: 'Solidity',
  sources: Object.fromEntries(
    FILES.map((file) => [file, { content: readFileSync(join(__dirname, 'contracts', file), 'utf8') }]),
  ),
  settings: {
    evmVersion: 'prague',
    optimizer: { enabled: true, runs: 1_000_000 },
    viaIR: true,
    // Without a hash of the sources' comments at its end, equal code is equal.
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: {
      '*': {
        '': ['ast'],
        '*': ['evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.deployedBytecode.immutableReferences'],
      },
    },
  },
}
const output = JSON.parse(solc.compile(JSON.stringify(input)))
for (const { formattedMessage } of output.errors ?? []) console.error(formattedMessage)
if ((output.errors ?? []).some(({ severity }) => severity === 'error')) process.exit(1)

/** The compiler names immutables by their number in the syntax tree. */
function nameOf(file, id) {
  const queue = [output.sources[file].ast]
  for (const node of queue) {
    if (node.id === Number(id)) return node.name.replace(/^_/, '')
    queue.push(...(node.nodes ?? []))
  }
  throw new Error(`no declaration ${id}`)
}

function artifactOf(file, name) {
  const { bytecode, deployedBytecode } = output.contracts[file][name].evm
  const immutables = Object.fromEntries(
    Object.entries(deployedBytecode.immutableReferences).map(([id, places]) => [
      nameOf(file, id),
      places.map(({ start }) => start),
    ]),
  )
  const artifact = { creation: `0x${bytecode.object}`, runtime: `0x${deployedBytecode.object}`, immutables }
  return `export const ${name} = ${JSON.stringify(artifact, null, 2)} as const\n`
}

mkdirSync(TARGET, { recursive: true })
for (const file of FILES) {
  const artifacts = CONTRACTS[file].map((name) => artifactOf(file, name))
  writeFileSync(join(TARGET, MODULES[file]), artifacts.join('\n'))
}
