// A process of its own: 50 merchants' servers. Counts requests and connections; one path never responds.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ENDPOINTS = 50

let requests = 0
let connections = 0

const ports = Array.from({ length: ENDPOINTS }, () => {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      requests++
      if (request.url !== '/hang') response.writeHead(204).end()
    })
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', () => connections++)
  return new Promise<number>((listening) => {
    server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port))
  })
})

process.on('message', () => process.send?.({ requests, connections }))
process.on('disconnect', () => process.exit(0))
void Promise.all(ports).then((listening) => process.send?.({ ports: listening }))
