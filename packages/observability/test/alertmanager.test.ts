import { inRepository, readAlerts, runTool } from './repository'

const CONFIG = inRepository('deploy/alertmanager/alertmanager.yml')

test('amtool finds the configuration valid', async () => {
  await runTool('amtool', 'check-config', CONFIG)
})

test.each(readAlerts().map(({ alert, labels }) => [alert, labels?.['severity'] ?? '']))(
  '%s (%s) reaches whoever it is for',
  async (alert, severity) => {
    const receiver = alert === 'Watchdog' ? 'watchdog' : severity
    const labels = [`alertname=${alert}`, `severity=${severity}`]
    const routed = await runTool('amtool', 'config', 'routes', 'test', `--config.file=${CONFIG}`, ...labels)
    expect(routed.trim()).toBe(receiver)
  },
)
