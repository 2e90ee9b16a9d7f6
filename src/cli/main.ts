#!/usr/bin/env node
import { CommanderError } from 'commander'
import type { Command } from 'commander'
import { endWithParent } from './kit/endWithParent.ts'
import { EXIT } from './kit/exitCodes.ts'
import { watchOutput } from './kit/output.ts'
import { createProgram } from './program.ts'
import { repairEnvironment } from './repairEnvironment.ts'

endWithParent()
watchOutput()
repairEnvironment(process.env)

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
