import { readOptions, USAGE } from './options'
import { runChaos } from './run-chaos'

const VIOLATIONS_SHOWN = 40

/** `npm run chaos`: exit code 1 on any violation, with the seed that made it. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (options === null) {
    console.error(USAGE)
    return 2
  }
  const startedAt = Date.now()
  const log = (line: string) => console.error(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(7)} s  ${line}`)
  const report = await runChaos(options, log)
  for (const { rule, subject, detail } of report.violations.slice(0, VIOLATIONS_SHOWN))
    console.error(`VIOLATION  ${rule}: ${subject}: ${detail}`)
  console.log(
    JSON.stringify({ ...report, violations: report.violations.length, by_rule: countByRule(report.violations) }),
  )
  if (report.violations.length === 0) return 0
  console.error(
    `${report.violations.length} violations; the same trouble again: npm run chaos -- --minutes ${options.minutes} --seed ${options.seed}`,
  )
  return 1
}

function countByRule(violations: readonly { readonly rule: string }[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(violations, ({ rule }) => rule)].map(([rule, some]) => [rule, some.length]))
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
