// Stands in for a service: ready at once, knows one merchant, stops on SIGTERM.
const { existsSync } = require('node:fs')
const { createServer } = require('node:http')

const reply = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const answers = {
  'GET /readyz': [200, {}],
  'GET /api/v1/payments?limit=1': [200, { data: [] }],
  'POST /api/v1/admin/merchants': [201, { id: 'mer_stub' }],
  'POST /api/v1/admin/merchants/mer_stub/api-keys': [201, { id: 'key_stub', key: 'sk_stub' }],
}
const serve = (port) =>
  createServer((request, response) =>
    reply(response, ...(answers[`${request.method} ${request.url}`] ?? [404, {}])),
  ).listen(port, '127.0.0.1')

if (existsSync('fails')) {
  console.error('DEPOSIT_XPUB: not set')
  process.exit(2)
}
const { OPS_PORT, PORT } = process.env
serve(Number(OPS_PORT))
if (PORT) serve(Number(PORT))
process.on('SIGTERM', () => process.exit(0))
