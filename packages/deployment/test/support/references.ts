import type { Container, KubernetesObject, Volume, Workload } from './rendered'
import { find, ofKind } from './rendered'

export interface Reference {
  readonly name: string
  readonly key?: string
}

export function referredByVolume({ secret, configMap, projected }: Volume): Reference[] {
  return [
    ...(secret === undefined ? [] : [{ name: `Secret/${secret.secretName}` }]),
    ...(configMap === undefined ? [] : [{ name: `ConfigMap/${configMap.name}` }]),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...(source.configMap === undefined ? [] : [{ name: `ConfigMap/${source.configMap.name}` }]),
      ...(source.secret?.items ?? []).map(({ key }) => ({ name: `Secret/${source.secret?.name ?? ''}`, key })),
    ]),
  ]
}

export function referredByContainer({ env = [], envFrom = [] }: Container): Reference[] {
  const secrets = env.flatMap(({ valueFrom }) => (valueFrom === undefined ? [] : [valueFrom.secretKeyRef]))
  return [
    ...secrets.map(({ name, key }) => ({ name: `Secret/${name}`, key })),
    ...envFrom.map(({ configMapRef }) => ({ name: `ConfigMap/${configMapRef.name}` })),
  ]
}

/** The environment of a container. A value from a Secret is represented by a URL, since all of ours are URLs. */
export function environmentOf({ spec }: Workload, objects: readonly KubernetesObject[]): Record<string, string> {
  const container = spec.template.spec.containers[0]
  const fromMaps = (container?.envFrom ?? []).map(
    ({ configMapRef }) =>
      find<KubernetesObject & { data: Record<string, string> }>(objects, 'ConfigMap', configMapRef.name)?.data,
  )
  const own = (container?.env ?? []).map(({ name, value }) => [name, value ?? 'http://from-a-secret.invalid'])
  return Object.assign({}, ...fromMaps, Object.fromEntries(own)) as Record<string, string>
}

export function settingsMap(objects: readonly KubernetesObject[]): Record<string, string> {
  const map = ofKind(objects, 'ConfigMap').find(({ metadata }) => metadata.name.startsWith('ctrip-settings'))
  return (map as (KubernetesObject & { data: Record<string, string> }) | undefined)?.data ?? {}
}
