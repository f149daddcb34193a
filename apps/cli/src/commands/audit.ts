import type { ChainConfig } from '@ctrip/chain/chain-config'
import { countAddresses } from '@ctrip/db/chains/reconciliation'
import type { UnsupportedClaim } from '@ctrip/db/chains/unsupported-claims'
import type { Database } from '@ctrip/db/database/database'
import { type Address, toChecksum } from '@ctrip/domain/address'
import type { Discrepancy } from '@ctrip/domain/reconcile'
import type { Command } from 'commander'
import { addressOf } from '../address-option'
import { answersWith, UsageError } from '../answer'
import { auditChain, type ChainAudit } from '../audit-chain'
import { auditClaims } from '../audit-claims'
import { configuredChains, withChainsOption } from '../chains-option'
import { withDatabase, withDatabaseOption } from '../database-option'
import { renderTable } from '../render/table'

export function addAuditCommand(program: Command): void {
  const audit = program
    .command('audit')
    .description(
      'compare the ledger with the chain (at every address ever issued, balance = recorded - swept - fees) and payments, events and deliveries with the ledger',
    )
    .option('--chain <chain>', 'only this chain, by name or id')
    .option('--after <address>', 'go on after this address, where an audit of one chain was broken off')
  answersWith(withChainsOption(withDatabaseOption(audit)), async () => {
    const options = audit.opts<AuditOptions>()
    const chains = chosenChains(options)
    const after = startingPoint(options, chains)
    const { audits, claims } = await withDatabase(audit, async (db) => ({
      claims: await auditClaims(db),
      audits: await auditAll(db, chains, after),
    }))
    const ofChains = claims.filter(
      ({ chain }) => options.chain === undefined || chains.some(({ name }) => name === chain),
    )
    return {
      text: [...audits.map(renderAudit), renderClaims(ofChains)].join('\n'),
      json: audits.map((one, n) =>
        toJson(
          one,
          ofChains.filter(({ chain }) => belongsTo(chain, n, chains)),
        ),
      ),
      ...failureOf(audits, ofChains),
    }
  })
}

/** A claim of a chain that is not configured, or of none, is reported with the first: none is left out. */
function belongsTo(chain: string, n: number, chains: readonly ChainConfig[]): boolean {
  return chains[n]?.name === chain || (n === 0 && !chains.some(({ name }) => name === chain))
}

function renderClaims(claims: readonly UnsupportedClaim[]): string {
  const title = `claims: ${claims.length} payments, events and deliveries contradict the ledger`
  const rows = claims.map(({ chain, subject, id, paymentId, contradiction }) => [
    chain === '' ? '-' : chain,
    subject,
    id,
    subject === 'payment' || paymentId === null ? '' : `of ${paymentId}`,
    contradiction,
  ])
  return [title, ...(rows.length > 0 ? [renderTable(rows)] : [])].join('\n')
}

/** A balance that cannot be read fails the audit too: it is not known to be right. */
function failureOf(audits: readonly ChainAudit[], claims: readonly UnsupportedClaim[]): { readonly failure?: string } {
  const found = audits.flatMap(({ discrepancies }) => discrepancies)
  const unreadable = found.filter(({ kind }) => kind === 'unreadable').length
  const wrong = found.length - unreadable
  const failures = [
    ...(wrong > 0 ? [`${wrong} balances are not what the ledger says`] : []),
    ...(claims.length > 0 ? [`${claims.length} payments, events or deliveries contradict the ledger`] : []),
    ...(unreadable > 0 ? [`${unreadable} balances cannot be read: their token does not answer`] : []),
  ]
  return failures.length === 0 ? {} : { failure: failures.join('; ') }
}

interface AuditOptions {
  readonly chain?: string
  readonly after?: string
  readonly chainsFile?: string
  readonly data: string
}

function chosenChains({ chain: name, ...from }: AuditOptions): readonly ChainConfig[] {
  const chains = configuredChains(from)
  if (name === undefined) return chains
  const chosen = chains.filter((chain) => chain.name === name || String(chain.chainId) === name)
  if (chosen.length === 0) throw new UsageError(`no chain ${name} is configured`)
  return chosen
}

function startingPoint({ after }: AuditOptions, chains: readonly ChainConfig[]): Address | null {
  if (after === undefined) return null
  const address = addressOf('--after', after)
  if (chains.length > 1) throw new UsageError('--after goes with --chain: each chain is audited from its own beginning')
  return address
}

/** Progress goes to stderr: stdout is the answer's. */
async function auditAll(db: Database, chains: readonly ChainConfig[], after: Address | null): Promise<ChainAudit[]> {
  const total = await db.query('reconciliation.count', countAddresses)
  const audits: ChainAudit[] = []
  for (const chain of chains) {
    const onProgress = ({ addresses, block }: ChainAudit, last: Address) =>
      console.error(
        `${chain.name}: ${addresses} of ${total} addresses, block ${block}; to go on: --chain ${chain.name} --after ${toChecksum(last)}`,
      )
    audits.push(await auditChain(db, chain, after, onProgress))
  }
  return audits
}

function renderAudit({ chain, block, addresses, underWay, discrepancies }: ChainAudit): string {
  const waiting = underWay === 0 ? '' : `, ${underWay} of them left out while a sweep is under way`
  const title = `${chain}: ${addresses} addresses to block ${block ?? 'none yet'}${waiting}: ${discrepancies.length} discrepancies`
  return [title, ...(discrepancies.length > 0 ? [renderTable(discrepancies.map(rowOf))] : [])].join('\n')
}

function rowOf({ address, contract, kind, expected, actual }: Discrepancy): string[] {
  const asset = contract === null ? 'native' : toChecksum(contract)
  return [toChecksum(address), asset, kind, `ledger ${expected}`, `chain ${actual ?? 'does not tell'}`]
}

function toJson({ chain, block, addresses, underWay, discrepancies }: ChainAudit, claims: readonly UnsupportedClaim[]) {
  return {
    chain,
    block,
    addresses,
    under_way: underWay,
    discrepancies: discrepancies.map(({ address, contract, kind, expected, actual }) => ({
      address: toChecksum(address),
      contract: contract === null ? null : toChecksum(contract),
      kind,
      expected: expected.toString(),
      actual: actual?.toString() ?? null,
    })),
    unsupported_claims: claims.map(({ subject, id, paymentId, contradiction }) => ({
      subject,
      id,
      payment_id: paymentId,
      contradiction,
    })),
  }
}
