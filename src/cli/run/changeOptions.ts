import { Argument } from 'commander'
import type { Command } from 'commander'
import type { CommonOptions } from '../kit/invocation.ts'
import { keyOption } from '../kit/options.ts'

/** What commands that change a run have in common. */
export interface ChangeOptions extends CommonOptions {
  readonly idempotencyKey?: string
}

/** The run that a command is about. */
export const runArgument = () =>
  new Argument('[run]', 'id of the run (default: PAWL_EXECUTION_ID, PAWL_RUN_ID, else the only active run)')

/** Gives a command the run it changes, and an idempotency key. */
export function addChangeOptions(command: Command): Command {
  return command.addArgument(runArgument()).addOption(keyOption())
}
