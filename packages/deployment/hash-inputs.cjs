const { createHash } = require('node:crypto')
const { readdirSync, readFileSync } = require('node:fs')
const { join, relative } = require('node:path')

/** A hash of all inputs of the rendered overlays, so that a test can see whether a rendering is up to date. */
exports.hashInputs = (deploy) => {
  const hash = createHash('sha256')
  for (const folder of ['k8s/base', 'k8s/monitoring', 'k8s/overlays', 'nats'])
    for (const file of filesBelow(join(deploy, folder)))
      hash.update(`${relative(deploy, file)}\0${readFileSync(file)}\0`)
  return hash.digest('hex')
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
