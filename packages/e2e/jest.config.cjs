// One file at a time: each starts a whole gateway.
module.exports = { ...require('../../jest.base.cjs')(__dirname), maxWorkers: 1 }
