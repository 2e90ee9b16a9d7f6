import type { Command } from 'commander'
import type { CommonOptions } from '../kit/invocation.ts'
import { keyOption, runArgument } from '../kit/options.ts'

/** Options of the commands that change a run. */
export interface ChangeOptions extends CommonOptions {
  readonly idempotencyKey?: string
}

/** Adds the run as an argument, and `--idempotency-key`. */
export function addChangeOptions(command: Command): Command {
  return command.addArgument(runArgument()).addOption(keyOption())
}
