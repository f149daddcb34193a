import { runProgram } from './program'

void runProgram(process.argv).then((exitCode) => {
  process.exitCode = exitCode
})
