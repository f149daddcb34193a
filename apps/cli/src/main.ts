import { runProgram } from './program'

// Not only `exitCode`: whatever is still open (a socket kept alive, a channel), the command is over.
void runProgram(process.argv).then((exitCode) => process.exit(exitCode))
