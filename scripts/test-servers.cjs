const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const FOLDER = join(__dirname, '..', '.ctrip')
const FILE = join(FOLDER, 'test-servers.json')

/** The URLs of the servers that `npm run services` keeps running, as environment variables; null if it does not run. */
exports.runningServers = () => {
  if (!existsSync(FILE)) return null
  const { pid, urls } = JSON.parse(readFileSync(FILE, 'utf8'))
  return isAlive(pid) ? urls : null
}

exports.announceServers = (urls) => {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(FILE, `${JSON.stringify({ pid: process.pid, urls })}\n`)
}

exports.withdrawServers = () => rmSync(FILE, { force: true })

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM' // it exists, and belongs to another user
  }
}
