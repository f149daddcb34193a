// `npm run services`: PostgreSQL and NATS for tests, until Ctrl-C. Test commands and Jest find them by .ctrip/test-servers.json.
import { onStop } from './lifeline.mjs'
import { startServers } from './servers.mjs'
import { announceServers, runningServers, withdrawServers } from './test-servers.cjs'

if (runningServers() !== null) {
  console.error('The test servers are running already')
  process.exit(1)
}
const stopped = new Promise((resolve) => onStop(resolve))
const servers = await startServers()
announceServers(servers.urls)
for (const [name, url] of Object.entries(servers.urls)) console.log(`${name}=${url}`)
console.log('Test commands use these servers until Ctrl-C')
const keepAlive = setInterval(() => {}, 60_000)
await stopped
clearInterval(keepAlive)
withdrawServers()
await servers.stop()
process.disconnect?.()
