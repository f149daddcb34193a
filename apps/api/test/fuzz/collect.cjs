// Lets the fuzzer ask for a garbage collection: memory that is flat is what is left after one.
process.on('SIGUSR2', () => globalThis.gc())
