// `svix` is published as ES modules only, which Jest does not load: Node does. Reads {secret, body, headers}.
const { readFileSync } = require('node:fs')
const { Webhook } = require('svix')

const { secret, body, headers } = JSON.parse(readFileSync(0, 'utf8'))
new Webhook(secret).verify(body, headers) // throws
process.stdout.write('verified')
