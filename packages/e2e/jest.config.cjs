// Two files at once: each starts a whole gateway on ports of its own, and mostly waits for the chain and for alerts.
module.exports = { ...require('../../jest.base.cjs')(__dirname), maxWorkers: 2 }
