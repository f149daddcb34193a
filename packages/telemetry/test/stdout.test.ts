import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const FIXTURES = join(__dirname, 'fixtures')

it.each([
  ['runs out of work', 'end'],
  ['exits', 'exit'],
  ['throws what nobody catches', 'throw'],
])('every line is written, in order, when the process %s', async (_what, how) => {
  const app = spawn(
    process.execPath,
    [
      '--conditions=@ctrip/source',
      '--require',
      join(FIXTURES, 'compile-typescript.cjs'),
      join(FIXTURES, 'logging-app.ts'),
      how,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const lines = (await text(app.stdout)).trimEnd().split('\n')
  const told = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
  expect(told).toEqual(['first', ...new Array<string>(2_000).fill('many'), 'last'])
})
