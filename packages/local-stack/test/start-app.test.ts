import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startArguments } from '../src/start-app'

const ROOT = join(__dirname, '../../..')

test.each(['api', 'scanner', 'sweeper', 'webhook-dispatcher'])(
  'the image starts %s as its start script does',
  (service) => {
    const dockerfile = readFileSync(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8')
    const own = commandOf(dockerfile, service)
    expect(own ?? commandOf(dockerfile, 'service')).toEqual(startArguments(join(ROOT, 'apps', service)))
  },
)

/** The CMD of a target; null where it has none of its own. */
function commandOf(dockerfile: string, target: string): string[] | null {
  const stage = dockerfile.split(/^FROM /m).find((text) => text.split('\n')[0]?.endsWith(` AS ${target}`))
  const command = /^CMD (\[.*\])$/m.exec(stage ?? '')?.[1]
  return command === undefined ? null : (JSON.parse(command) as string[])
}
