import { parseAccountXpub, walletFingerprint } from '@ctrip/chain/addresses'
import type { Database } from '@ctrip/db/database/database'
import { readHeldLeases } from '@ctrip/db/leases/held-leases'
import { adoptWallet } from '@ctrip/db/payments/wallets'
import type { Command } from 'commander'
import { addressOf } from '../address-option'
import { type Answer, answersWith, UsageError } from '../answer'
import { configuredChains, withChainsOption } from '../chains-option'
import { withDatabase, withDatabaseOption } from '../database-option'
import { readXpub } from '../environment'
import { renderTable } from '../render/table'
import { findLosses, type Losses, makeGood, type Restored, type RestoreTerms } from '../restore/restore'

interface RestoreOptions {
  readonly gasWallet: string
  readonly issued?: string
  readonly lookBack: string
  readonly chainsFile?: string
  readonly apply?: boolean
}

export function addRestoreCommand(program: Command): void {
  const restore = program
    .command('restore')
    .description(
      'after Postgres was restored from a backup, with all services stopped: watch the addresses given out since, never give them out again, and know again what was swept',
    )
    .requiredOption('--gas-wallet <address>', 'the address of the gas wallet')
    .option('--issued <index>', 'the last address index that can have been given out; else the chains are searched')
    .option('--look-back <blocks>', 'begin so far below the scanned block: where services have run since', '0')
    .option('--apply', 'do it; without, only show what would be done')
  answersWith(withChainsOption(withDatabaseOption(restore)), async () => {
    const options = restore.opts<RestoreOptions & { data: string }>()
    const terms = termsOf(options)
    return withDatabase(restore, (db) => run(db, terms, options.apply === true))
  })
}

function termsOf({ gasWallet, issued, lookBack, ...from }: RestoreOptions & { data: string }): RestoreTerms {
  const chains = configuredChains(from)
  const xpub = parseAccountXpub(readXpub())
  if (!xpub.ok) throw new UsageError(`DEPOSIT_XPUB ${xpub.problem}`)
  return {
    chains,
    xpub: xpub.xpub,
    gasWallet: addressOf('--gas-wallet', gasWallet),
    issued: issued === undefined ? null : wholeNumber('--issued', issued),
    lookBack: wholeNumber('--look-back', lookBack),
  }
}

async function run(db: Database, terms: RestoreTerms, apply: boolean): Promise<Answer> {
  const running = await readHeldLeases(db.prisma)
  if (running.length > 0) {
    const owners = [...new Set(running.map(({ owner }) => owner))].join(', ')
    throw new Error(`stop all services first: ${owners} still at work, or stopped less than three seconds ago`)
  }
  if (!(await adoptWallet(db, walletFingerprint(terms.xpub))))
    throw new Error('DEPOSIT_XPUB is not of the wallet that the addresses in this database were issued from')
  const losses = await findLosses(db, terms)
  const restored = apply ? await makeGood(db, terms, losses) : null
  const text = [
    renderLosses(losses),
    ...(restored === null ? ['nothing was done: --apply does it'] : [renderDone(restored)]),
  ]
  const problems = [...strangers(losses), ...(restored?.unknownNonces ?? []).map(renderNonces)]
  return {
    text: text.join('\n'),
    json: toJson(losses, restored),
    ...(problems.length > 0 && { failure: problems.join('\n') }),
  }
}

function renderLosses({ lost, chains }: Losses): string {
  const { indexes, nextIndex } = lost
  const span = indexes.length === 0 ? 'none' : `${indexes.length}, from ${indexes[0]} to ${indexes.at(-1)}`
  const rows = chains.flatMap(({ chain, from, to, sent }) => [
    [chain.name, `blocks ${from} to ${to}`, `${sent.length} transactions of ours`],
    ...sent.map(({ hash, recognized, receipt }) => [
      '',
      hash,
      `${recognized?.purpose ?? 'unknown'} in ${receipt.blockNumber}`,
    ]),
  ])
  return [`addresses that may be lost: ${span}; the next to be given out is ${nextIndex}`, renderTable(rows)].join('\n')
}

function renderDone({ watched, adopted }: Restored): string {
  return `${watched} addresses are watched, ${adopted} transactions are known again; start the services, the scanner goes on from its cursor`
}

function strangers({ chains }: Losses): string[] {
  return chains.flatMap(({ chain, sent }) =>
    sent
      .filter(({ recognized }) => recognized === null)
      .map(
        ({ hash, sender }) => `${chain.name}: ${hash} of ${sender} is nothing that a sweeper sends; it was not adopted`,
      ),
  )
}

function renderNonces({ chain, known, used }: Restored['unknownNonces'][number]): string {
  return `${chain}: the gas wallet has used ${used} nonces, of which ${known} are known; the sweeper will stop there`
}

function toJson({ lost, chains }: Losses, restored: Restored | null) {
  return {
    applied: restored !== null,
    addresses: { indexes: lost.indexes, next_index: lost.nextIndex },
    chains: chains.map(({ chain, from, to, sent }) => ({
      chain: chain.name,
      from_block: from,
      to_block: to,
      transactions: sent.map(({ hash, sender, recognized }) => ({
        hash,
        sender,
        purpose: recognized?.purpose ?? null,
      })),
    })),
    watched: restored?.watched ?? 0,
    adopted: restored?.adopted ?? 0,
    unknown_nonces: restored?.unknownNonces ?? [],
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new UsageError(`${option} takes a whole number, not ${text}`)
  return number
}
