import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICES } from '@ctrip/local-stack/ports'
import { hashInputs } from '../hash-inputs.cjs'
import { typeProblems } from './support/check-types'
import { problemsOf } from './support/load-everything'
import { PROGRAMS, settingNames, settingsOf } from './support/programs'
import { environmentOf, referredByContainer, referredByVolume, settingsMap } from './support/references'
import {
  find,
  type KubernetesObject,
  keysOf,
  OVERLAYS,
  ofKind,
  rendered,
  type Workload,
  workloads,
} from './support/rendered'
import { inRepository, readText } from './support/repository'
import { danglingSelectors, type Selector, selects } from './support/selectors'

const SECRETS_FOLDER = '/etc/ctrip/secrets/'
const CHAINS_FOLDER = '/etc/ctrip/chains/'
const WORKLOADS_OF_OURS = Object.keys(PROGRAMS).map((program) => `ctrip-${program}`)

describe.each(OVERLAYS)('the overlay %s', (overlay) => {
  const objects = rendered(overlay)
  const pods = workloads(objects)
  const ours = pods.filter(({ metadata }) => WORKLOADS_OF_OURS.includes(metadata.name))
  const keys = keysOf(objects)
  const chainsFile = readText('deploy', 'k8s', 'overlays', overlay, 'chains.yaml')

  it('is rendered from the current files (pnpm --filter @ctrip/deployment render)', () => {
    const text = readText('deploy', 'k8s', 'rendered', `${overlay}.yaml`)
    expect(text).toContain(`hash ${hashInputs(inRepository('deploy'))}.`)
  })

  it('has only fields that Kubernetes and its operators know, with the right types, and all required ones', () => {
    expect(objects.length).toBeGreaterThan(35)
    expect(typeProblems(objects)).toEqual([])
  })

  it('has every object once, in its own namespace', () => {
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
    const namespaces = objects.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace)
    expect([...new Set(namespaces)]).toEqual([ofKind(objects, 'Namespace')[0]?.metadata.name])
  })

  it('deploys every program of ours', () => {
    expect(ours.map(({ metadata }) => metadata.name).sort()).toEqual([...WORKLOADS_OF_OURS].sort())
  })

  it.each(pods.map((pod) => [pod.metadata.name, pod] as const))('%s selects its own pods', (_, { spec }) => {
    if (spec.selector !== undefined) expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
  })

  it.each(pods.map((pod) => [pod.metadata.name, pod] as const))(
    '%s is admitted by the restricted profile',
    (_, pod) => {
      const { securityContext, containers, automountServiceAccountToken } = pod.spec.template.spec
      expect(automountServiceAccountToken).toBe(false)
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      for (const container of containers)
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        })
    },
  )

  it.each(pods.map((pod) => [pod.metadata.name, pod] as const))('%s is pinned and bounded', (_, pod) => {
    for (const { image, resources } of pod.spec.template.spec.containers) {
      expect(image).toMatch(/:v?\d+\.\d+\.?\d*(-[a-z]+)?$/)
      expect(Object.keys(resources.requests).sort()).toEqual(['cpu', 'memory'])
      expect(Object.keys(resources.limits)).toEqual(['memory']) // a CPU limit would only throttle it
    }
  })

  it.each(pods.map((pod) => [pod.metadata.name, pod] as const))('every object that %s refers to exists', (_, pod) => {
    const { containers, volumes = [], serviceAccountName } = pod.spec.template.spec
    const wanted = [...volumes.flatMap(referredByVolume), ...containers.flatMap(referredByContainer)]
    for (const { name, key } of wanted) {
      expect([...keys.keys()]).toContain(name)
      if (key !== undefined) expect(keys.get(name)).toContain(key)
    }
    if (serviceAccountName !== undefined) expect(find(objects, 'ServiceAccount', serviceAccountName)).toBeDefined()
    const claims = (pod.spec as { volumeClaimTemplates?: KubernetesObject[] }).volumeClaimTemplates ?? []
    const mountable = [...volumes.map(({ name }) => name), ...claims.map(({ metadata }) => metadata.name)]
    for (const container of containers)
      expect(mountable).toEqual(expect.arrayContaining((container.volumeMounts ?? []).map(({ name }) => name)))
  })

  it.each(ours.map((pod) => [pod.metadata.name, pod] as const))(
    '%s has each of its settings, and no other',
    (name, pod) => {
      expect(settingNames(environmentOf(pod, objects), chainsFile)).toEqual(
        settingsOf(name.replace('ctrip-', ''), 'tls'),
      )
    },
  )

  it.each(ours.map((pod) => [pod.metadata.name, pod] as const))(
    'each file that %s reads is in its own Secret',
    (name, pod) => {
      const files = Object.values(environmentOf(pod, objects)).filter((value) => value.startsWith(SECRETS_FOLDER))
      const volume = pod.spec.template.spec.volumes?.find((each) => each.name === 'secrets')
      expect(volume?.secret?.secretName).toBe(name)
      expect(keys.get(`Secret/${name}`)).toEqual(
        expect.arrayContaining(files.map((file) => file.slice(SECRETS_FOLDER.length))),
      )
    },
  )

  it.each(SERVICES)('%s is probed on its ops port and has enough time to stop', (service) => {
    const kind = service === 'signer' ? 'StatefulSet' : 'Deployment'
    const { template } = find<Workload>(objects, kind, `ctrip-${service}`)?.spec ?? { template: undefined }
    const container = template?.spec.containers[0]
    const port = (name: string) => container?.ports?.find((each) => each.name === name)?.containerPort
    expect(port('ops')).toBe(Number(settingsMap(objects)['OPS_PORT']))
    expect(container?.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'ops' })
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'ops' })
    expect(container?.startupProbe?.httpGet).toEqual({ path: '/livez', port: 'ops' })
    expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(25)
    if (service === 'api') expect(String(port('http'))).toBe(container?.env?.find(({ name }) => name === 'PORT')?.value)
  })

  it('every Service, budget, policy and monitor selects pods that exist, at ports that they have', () => {
    for (const object of objects) for (const problem of danglingSelectors(object, pods)) throw new Error(problem)
  })

  it('lets the signer open no connection, and listen to the sweeper and Prometheus only', () => {
    const labels = pods.find(({ metadata }) => metadata.name === 'ctrip-signer')?.spec.template.metadata.labels ?? {}
    const policies = ofKind(objects, 'NetworkPolicy') as (KubernetesObject & { spec: { podSelector: Selector } })[]
    const names = policies.filter(({ spec }) => selects(spec.podSelector, labels)).map(({ metadata }) => metadata.name)
    expect(names.sort()).toEqual(['default-deny', 'prometheus-to-ops', 'signer-from-sweeper'])
    expect(find(objects, 'NetworkPolicy', 'signer-from-sweeper')).toMatchObject({ spec: { policyTypes: ['Ingress'] } })
    expect(find(objects, 'NetworkPolicy', 'prometheus-to-ops')).toMatchObject({ spec: { policyTypes: ['Ingress'] } })
  })

  it('denies all traffic that no policy allows', () => {
    expect(find(objects, 'NetworkPolicy', 'default-deny')).toMatchObject({
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    })
  })
})

it('the services of the dev overlay would start with its settings and secrets', () => {
  const objects = rendered('dev')
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-k8s-'))
  try {
    for (const program of Object.keys(PROGRAMS)) {
      const secrets = find<KubernetesObject & { stringData: Record<string, string> }>(
        objects,
        'Secret',
        `ctrip-${program}`,
      )
      for (const [key, value] of Object.entries(secrets?.stringData ?? {})) writeFileSync(join(folder, key), value)
      writeFileSync(join(folder, 'chains.yaml'), readText('deploy', 'k8s', 'overlays', 'dev', 'chains.yaml'))
      const pod = workloads(objects).find(({ metadata }) => metadata.name === `ctrip-${program}`)
      const environment = Object.entries(pod === undefined ? {} : environmentOf(pod, objects)).map(([name, value]) => [
        name,
        value.replace(SECRETS_FOLDER, `${folder}/`).replace(CHAINS_FOLDER, `${folder}/`),
      ])
      expect(problemsOf(program, Object.fromEntries(environment) as Record<string, string>)).toEqual([])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('the example of production’s chains.yaml is one that services accept once it has a treasury, and not before', () => {
  const problems = (file: string) =>
    problemsOf('scanner', { RPC_URL: 'https://rpc.example.com', CHAINS_FILE: file }).filter((problem) =>
      problem.startsWith('CHAINS_FILE'),
    )
  const example = inRepository('deploy/k8s/overlays/production/chains.yaml')
  expect(problems(example)).toEqual([expect.stringMatching(/treasury: is not an address/)])
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-example-'))
  try {
    const own = join(folder, 'chains.yaml')
    const treasury = '0x059c59067AA3981662840F624020395C5220fEd2'
    writeFileSync(own, readFileSync(example, 'utf8').replace('the checksummed address of your treasury', treasury))
    expect(problems(own)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('the admin API is not on the public ingress', () => {
  const ingress = ofKind(rendered('production'), 'Ingress')[0] as KubernetesObject & {
    spec: { rules: { http: { paths: { path: string }[] } }[] }
  }
  const paths = ingress.spec.rules.flatMap(({ http }) => http.paths.map(({ path }) => path))
  const isPublic = (url: string) => paths.some((path) => url === path || url.startsWith(`${path}/`))
  expect(
    ['/api/v1/payments/pay_1', '/api/v1/webhook-endpoints', '/checkout/pay_1', '/docs', '/health'].map(isPublic),
  ).not.toContain(false)
  expect(['/api/v1/admin/merchants', '/api/v1', '/', '/metrics'].map(isPublic)).not.toContain(true)
})

it('only the signer gets keys, and only Prometheus can reach the sweeper', () => {
  const objects = rendered('production')
  const holders = [...keysOf(objects)].filter(([, names]) => names.includes('deposit_mnemonic')).map(([name]) => name)
  expect(holders).toEqual(['Secret/ctrip-signer'])
  const labels = { 'app.kubernetes.io/name': 'ctrip-sweeper', 'app.kubernetes.io/part-of': 'ctrip' }
  const policies = ofKind(objects, 'NetworkPolicy') as (KubernetesObject & {
    spec: { podSelector: Selector; ingress?: unknown[] }
  })[]
  const admitting = policies.filter(({ spec }) => spec.ingress !== undefined && selects(spec.podSelector, labels))
  expect(admitting.map(({ metadata }) => metadata.name)).toEqual(['prometheus-to-ops'])
})
