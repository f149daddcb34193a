import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from 'solc'
import { z } from 'zod'

const FILE = 'Playground.sol'

const outputSchema = z.object({
  contracts: z.object({
    [FILE]: z.record(
      z.string(),
      z.object({
        abi: z.array(z.record(z.string(), z.unknown())),
        evm: z.object({ bytecode: z.object({ object: z.string() }) }),
      }),
    ),
  }),
})

export interface Compiled {
  readonly abi: string
  readonly bytecode: string
}

/** The contracts of test/contracts, compiled: by name. */
export function compilePlayground(): Record<'Announcer' | 'BatchPayer' | 'ContractWallet', Compiled> {
  const input = {
    language: 'Solidity',
    sources: { [FILE]: { content: readFileSync(join(__dirname, '..', 'contracts', FILE), 'utf8') } },
    settings: { evmVersion: 'prague', outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  }
  const { contracts } = outputSchema.parse(JSON.parse(compile(JSON.stringify(input))))
  const compiled = (name: string): Compiled => {
    const found = contracts[FILE][name]
    if (found === undefined) throw new Error(`${FILE} has no contract ${name}`)
    return { abi: JSON.stringify(found.abi), bytecode: `0x${found.evm.bytecode.object}` }
  }
  return {
    Announcer: compiled('Announcer'),
    BatchPayer: compiled('BatchPayer'),
    ContractWallet: compiled('ContractWallet'),
  }
}
