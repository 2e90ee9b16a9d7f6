import { Argument } from 'commander'
import type { Command } from 'commander'
import type { CommonOptions } from '../kit/invocation.ts'
import { keyOption } from '../kit/options.ts'

/** Options of the commands that change a run. */
export interface ChangeOptions extends CommonOptions {
  readonly idempotencyKey?: string
}

/** The run as an argument. */
export const runArgument = () =>
  new Argument('[run]', 'id of the run (default: PAWL_EXECUTION_ID, PAWL_RUN_ID, else the only active run)')

/** Adds the run as an argument, and `--idempotency-key`. */
export function addChangeOptions(command: Command): Command {
  return command.addArgument(runArgument()).addOption(keyOption())
}
