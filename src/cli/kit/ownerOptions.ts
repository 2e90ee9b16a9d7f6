import type { Command } from 'commander'
import type { CommonOptions } from './invocation.ts'
import { fenceOption, keyOption, runOption } from './options.ts'

/** Options of the commands for a run's owner or agent. */
export interface OwnerOptions extends CommonOptions {
  readonly run?: string
  readonly fence?: number
  readonly idempotencyKey?: string
}

/** Adds `--run`, `--fence` and `--idempotency-key`. */
export function addOwnerOptions(command: Command): Command {
  return command.addOption(runOption()).addOption(fenceOption()).addOption(keyOption())
}
