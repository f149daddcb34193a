/** A problem that prevents the start and that only the operator can solve. Reported like wrong configuration, exit code 2. */
export class StartupError extends Error {
  override readonly name = 'StartupError'

  /** Each problem says what is wrong and what to do; no secrets. */
  constructor(
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(problems.join('\n'), options)
  }
}

/**
 * Runs start-up checks side by side and yields their results; if some throw StartupError, throws one StartupError with
 * all their problems, so that an operator mends them in one go. An error of another kind is thrown as it is.
 */
export async function checkAll<Results extends readonly unknown[]>(
  checks: {
    readonly [Key in keyof Results]: Promise<Results[Key]>
  },
): Promise<Results> {
  const problems = await Promise.all(checks.map((check: Promise<unknown>) => check.then(() => [], problemsOf)))
  if (problems.flat().length > 0) throw new StartupError(problems.flat())
  return Promise.all(checks)
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof StartupError) return error.problems
  throw error
}
