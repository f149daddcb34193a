import { parseAllDocuments, type Tags } from 'yaml'
import { readText } from './repository'

export const OVERLAYS = ['dev', 'production'] as const
export type Overlay = (typeof OVERLAYS)[number]

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
}

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly env?: EnvVar[]
  readonly envFrom?: { readonly configMapRef: { readonly name: string } }[]
  readonly ports?: { readonly name: string; readonly containerPort: number }[]
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> }
  readonly securityContext: Record<string, unknown>
  readonly volumeMounts?: { readonly name: string; readonly mountPath: string }[]
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
}

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string }
}

export interface Volume {
  readonly name: string
  readonly secret?: { readonly secretName: string }
  readonly configMap?: { readonly name: string }
  readonly projected?: {
    readonly sources: {
      readonly configMap?: { readonly name: string }
      readonly secret?: { readonly name: string; readonly items: { readonly key: string }[] }
    }[]
  }
}

interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string> }
  readonly spec: {
    readonly containers: Container[]
    readonly volumes?: Volume[]
    readonly serviceAccountName?: string
    readonly automountServiceAccountToken: boolean
    readonly terminationGracePeriodSeconds?: number
    readonly securityContext: Record<string, unknown>
  }
}

/** The kinds that run pods: Deployment, StatefulSet, Job. */
export interface Workload extends KubernetesObject {
  readonly spec: {
    readonly template: PodTemplate
    readonly selector?: { readonly matchLabels: Record<string, string> }
  }
}

export function rendered(overlay: Overlay): KubernetesObject[] {
  const text = readText('deploy', 'k8s', 'rendered', `${overlay}.yaml`)
  // As Kubernetes parses it: a value that is too long for a number (a private key) is text, so kubectl writes it without quotes.
  const documents = parseAllDocuments(text, { customTags: (tags) => tags.filter((tag) => !isHexadecimal(tag)) })
  return documents.map((document) => document.toJS() as KubernetesObject)
}

function isHexadecimal(tag: Tags[number]): boolean {
  return typeof tag === 'object' && tag.format === 'HEX'
}

export function workloads(objects: readonly KubernetesObject[]): Workload[] {
  return objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind)) as Workload[]
}

/** The data of ConfigMaps and the keys of Secrets, plain or external, by their names. */
export function keysOf(objects: readonly KubernetesObject[]): Map<string, string[]> {
  const keys = new Map<string, string[]>()
  for (const object of objects) {
    const { data, stringData, spec } = object as KubernetesObject & {
      data?: object
      stringData?: object
      spec?: { data?: { secretKey: string }[] }
    }
    const name = `${object.kind.replace('External', '')}/${object.metadata.name}`
    if (/^(ConfigMap|Secret)$/.test(object.kind)) keys.set(name, Object.keys({ ...data, ...stringData }))
    if (object.kind === 'ExternalSecret')
      keys.set(
        name,
        (spec?.data ?? []).map(({ secretKey }) => secretKey),
      )
  }
  return keys
}

export function find<Found extends KubernetesObject>(
  objects: readonly KubernetesObject[],
  kind: string,
  name: string,
): Found | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name) as Found | undefined
}

export function ofKind(objects: readonly KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((object) => object.kind === kind)
}
