import { EXIT } from './exitCodes.ts'

let endsWithOutput = true

/**
 * Lets the command continue when its standard output can't be written, as by a closed pipe or a full disk: a server, a worker or an
 * agent must not end because of that.
 */
export function ignoreBrokenOutput(): void {
  endsWithOutput = false
}

/**
 * Handles errors of the standard output. A command that only prints an answer ends: quietly if its reader closed the pipe, as `head`
 * does, otherwise as a fault. After `ignoreBrokenOutput` it continues, and reports the error once.
 */
export function watchOutput(): void {
  let isTold = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (endsWithOutput && error.code === 'EPIPE') process.exit()
    const told = `pawl: standard output can't be written (${error.code ?? error.message})`
    if (endsWithOutput) {
      process.stderr.write(`${told}\n`)
      process.exit(EXIT.fault)
    }
    if (!isTold) process.stderr.write(`${told}; the command continues\n`)
    isTold = true
  })
  // A broken stderr must not end a command that supervises processes.
  process.stderr.on('error', () => undefined)
}
