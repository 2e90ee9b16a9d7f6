import { EXIT } from './exitCodes.ts'

let endsWithOutput = true

/**
 * Says that what this command does goes on where nobody reads what it prints, or its disk is full: its work is a run's, a server's
 * or a child's, and ends by its own end only.
 */
export function ignoreBrokenOutput(): void {
  endsWithOutput = false
}

/**
 * Decides what becomes of a command whose standard output breaks. One that only answers ends: quietly where its reader has seen
 * enough, as `head` has, and as a fault where the answer could not be kept. One that works goes on, and says so once.
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
    if (!isTold) process.stderr.write(`${told}; the work goes on\n`)
    isTold = true
  })
  // Remarks may get lost; what is being supervised must not.
  process.stderr.on('error', () => undefined)
}
