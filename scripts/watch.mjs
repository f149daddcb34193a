import { selectPackage, testPackages } from './test-package.mjs'

const selected = selectPackage(process.argv.slice(2))
process.exitCode = selected === null ? 2 : await testPackages([selected], { watch: true })
process.disconnect?.()
