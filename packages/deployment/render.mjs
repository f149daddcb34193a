// Writes the generated files of deploy/k8s: the PrometheusRule, and each overlay as `kubectl kustomize` renders it, for
// readers and for the tests, which then need no kubectl.
//   pnpm --filter @ctrip/deployment render
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { hashInputs } from './hash-inputs.cjs'

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy')
const RULES = join(DEPLOY, 'prometheus', 'rules')

writePrometheusRule()
for (const overlay of ['dev', 'production']) render(overlay)

function writePrometheusRule() {
  const files = readdirSync(RULES).sort()
  const groups = files.flatMap((file) => parse(readFileSync(join(RULES, file), 'utf8')).groups)
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'ctrip' },
    spec: { groups },
  }
  const origin = `# Made from ${files.map((file) => basename(file)).join(', ')} in deploy/prometheus/rules by packages/deployment/render.mjs.\n`
  writeFileSync(join(DEPLOY, 'k8s', 'monitoring', 'prometheus-rules.yaml'), origin + stringify(rule, { lineWidth: 0 }))
}

function render(overlay) {
  const rendered = execFileSync('kubectl', ['kustomize', join(DEPLOY, 'k8s', 'overlays', overlay)], {
    encoding: 'utf8',
  })
  mkdirSync(join(DEPLOY, 'k8s', 'rendered'), { recursive: true })
  const head = `# kubectl kustomize deploy/k8s/overlays/${overlay}\n# Of inputs with the hash ${hashInputs(DEPLOY)}.\n`
  writeFileSync(join(DEPLOY, 'k8s', 'rendered', `${overlay}.yaml`), head + rendered)
}
