import { createInterface } from 'node:readline/promises'

/** Asks before something that cannot be undone. Throws unless the answer is yes. */
export async function confirm(): Promise<void> {
  if (!process.stdin.isTTY) throw new Error('nobody is there to confirm it: give --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const reply = await terminal.question('Do it? (yes/no) ')
  terminal.close()
  if (reply.trim().toLowerCase() !== 'yes') throw new Error('not confirmed, nothing was done')
}
