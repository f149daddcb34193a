// Starts a stack of stubs and stays, as `ctrip up` would; the test ends it in every way there is.
const { startStack } = require('../../dist/start-stack.js')

const [dataFolder, portBase, appsFolder] = process.argv.slice(2)
const started = startStack({ dataFolder, appsFolder, portBase: Number(portBase), blockTimeSeconds: 0.5 })
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    const stack = await started
    await stack.stop()
    process.exit(0)
  })
}
started.then(
  (stack) => process.send(stack.descriptor()),
  (error) => {
    console.error(error.message)
    process.exit(1)
  },
)
