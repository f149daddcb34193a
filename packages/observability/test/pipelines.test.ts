import { parse } from 'yaml'
import { filesIn, readText } from './repository'

type Components = Readonly<Record<string, unknown>>

interface CollectorConfig {
  readonly receivers: Components
  readonly processors: Components
  readonly exporters: Components
  readonly connectors?: Components
  readonly extensions: Components
  readonly service: {
    readonly extensions: readonly string[]
    readonly pipelines: Readonly<Record<string, Record<'receivers' | 'processors' | 'exporters', readonly string[]>>>
  }
}

interface Datasources {
  readonly datasources: readonly { readonly uid: string; readonly jsonData: object }[]
}

// Jaeger v2 is a collector too.
describe.each(['deploy/collector/collector.yml', 'deploy/jaeger/jaeger.yml'])('%s', (file) => {
  const config = parse(readText(file)) as CollectorConfig
  const pipelines = Object.values(config.service.pipelines)

  test('uses every component that it defines, and none that it does not', () => {
    const connectors = Object.keys(config.connectors ?? {})
    const used = (kind: 'receivers' | 'processors' | 'exporters') => new Set(pipelines.flatMap((one) => one[kind]))
    expect(used('receivers')).toEqual(new Set([...Object.keys(config.receivers), ...connectors]))
    expect(used('exporters')).toEqual(new Set([...Object.keys(config.exporters), ...connectors]))
    expect(used('processors')).toEqual(new Set(Object.keys(config.processors)))
    expect(new Set(config.service.extensions)).toEqual(new Set(Object.keys(config.extensions)))
  })

  test('drops no payment by sampling', () => {
    expect(Object.keys(config.processors).filter((name) => name.includes('sampl'))).toEqual([])
  })
})

test('the Collector names span metrics as the dashboards ask for them', () => {
  const { connectors } = parse(readText('deploy/collector/collector.yml')) as CollectorConfig
  expect(connectors?.['spanmetrics']).toMatchObject({ namespace: 'traces.span.metrics', histogram: { unit: 's' } })
})

test.each(filesIn('deploy/alloy', '.alloy'))('%s labels lines with service, env and level only', (file) => {
  expect(readText(file)).toMatch(/stage\.label_keep \{\s*values = \["service", "env", "level"\]/)
})

test('every data source that a dashboard, a trace or a line links to is provisioned', () => {
  const provisioned = parse(readText('deploy/grafana/provisioning/datasources/datasources.yml')) as Datasources
  const uids = provisioned.datasources.map(({ uid }) => uid)
  const texts = [
    JSON.stringify(provisioned),
    ...filesIn('deploy/grafana/dashboards', '.json').map((file) => JSON.stringify(JSON.parse(readText(file)))),
  ]
  const linked = texts.flatMap((text) => [...text.matchAll(/"(?:datasourceUid|uid)":"([^"]+)"/g)].map(([, uid]) => uid))
  expect(linked.filter((uid) => uid?.match(/^(?!ctrip-|\$)/) && !uids.includes(uid))).toEqual([])
})
