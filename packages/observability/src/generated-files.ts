import { stringify } from 'yaml'
import type { DashboardPlan } from './dashboards/dashboard-plan'
import { database } from './dashboards/database'
import { overview } from './dashboards/overview'
import { payments } from './dashboards/payments'
import { renderDashboard } from './dashboards/render-dashboard'
import { scanner } from './dashboards/scanner'
import { services } from './dashboards/services'
import { sweeper } from './dashboards/sweeper'
import { webhooks } from './dashboards/webhooks'
import { sloRules } from './slo/slo-rules'

export const DASHBOARDS: Readonly<Record<string, DashboardPlan>> = {
  overview,
  payments,
  scanner,
  sweeper,
  webhooks,
  database,
  services,
}

const SLO_HEADER = `# Made by packages/observability from src/slo/objectives.ts: change it there, then
#   pnpm --filter @ctrip/observability regenerate
`

/** Every file that this package makes: its path from the root of the repository, and its content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const dashboards = Object.entries(DASHBOARDS).map(([name, plan]): [string, string] => [
    `deploy/grafana/dashboards/${name}.json`,
    `${JSON.stringify(renderDashboard(plan), null, 2)}\n`,
  ])
  const rules = SLO_HEADER + stringify(sloRules(), { lineWidth: 0, aliasDuplicateObjects: false })
  return new Map([...dashboards, ['deploy/prometheus/rules/slo.yml', rules]])
}
