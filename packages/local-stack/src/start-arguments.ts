import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a service's own start script gives to node: where a service bounds its heap, that stands there alone, and holds however
 * it is started. (The image has no npm: deploy/docker/Dockerfile says the same.)
 */
export function startArguments(appFolder: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(appFolder, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [command, ...args] = scripts.start.split(' ')
  if (command !== 'node') throw new Error(`${appFolder}: its start script does not run node`)
  return args
}
