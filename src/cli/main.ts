#!/usr/bin/env node
import { CommanderError } from 'commander'
import type { Command } from 'commander'
import { EXIT } from './exitCodes.ts'
import { createProgram } from './program.ts'

// A reader that has seen enough, as `head` has: what would be written is wanted by nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
// Remarks may get lost; what is being supervised must not.
process.stderr.on('error', () => undefined)

const program = await createProgram(process.argv.slice(2))
throwInsteadOfExiting(program)
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) throwInsteadOfExiting(child)
}
