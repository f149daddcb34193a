import type { ObjectMeta } from 'kubernetes-types/meta/v1'

// The parts of custom resources that we use, as strict as their schemas: no other field is allowed.

interface CustomResource<Version extends string, Kind extends string, Spec> {
  apiVersion: Version
  kind: Kind
  metadata: ObjectMeta
  spec: Spec
}

interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[]
}

export type PodMonitor = CustomResource<
  'monitoring.coreos.com/v1',
  'PodMonitor',
  {
    selector: Selector
    podMetricsEndpoints: {
      port: string
      path: string
      interval: string
      relabelings: { sourceLabels: string[]; targetLabel: string }[]
    }[]
  }
>

export type PrometheusRule = CustomResource<
  'monitoring.coreos.com/v1',
  'PrometheusRule',
  {
    groups: {
      name: string
      interval?: string
      rules: {
        record?: string
        alert?: string
        expr: string
        for?: string
        keep_firing_for?: string
        labels?: Record<string, string>
        annotations?: Record<string, string>
      }[]
    }[]
  }
>

export type ScaledObject = CustomResource<
  'keda.sh/v1alpha1',
  'ScaledObject',
  {
    scaleTargetRef: { name: string }
    minReplicaCount: number
    maxReplicaCount: number
    cooldownPeriod: number
    triggers: { type: 'prometheus'; metadata: { serverAddress: string; query: string; threshold: string } }[]
  }
>

export type ExternalSecret = CustomResource<
  'external-secrets.io/v1',
  'ExternalSecret',
  {
    refreshInterval: string
    secretStoreRef: { kind: 'ClusterSecretStore'; name: string }
    target: { name: string }
    data: { secretKey: string; remoteRef: { key: string } }[]
  }
>

export type Cluster = CustomResource<
  'postgresql.cnpg.io/v1',
  'Cluster',
  {
    imageName: string
    instances: number
    postgresql: {
      parameters: Record<string, string>
      synchronous: { method: 'any' | 'first'; number: number; dataDurability: 'required' | 'preferred' }
    }
    bootstrap: { initdb: { database: string; owner: string; secret: { name: string }; postInitSQL: string[] } }
    inheritedMetadata: { labels: Record<string, string> }
    storage: { size: string }
    resources: { requests: Record<string, string>; limits: Record<string, string> }
    monitoring: { enablePodMonitor: boolean }
  }
>
