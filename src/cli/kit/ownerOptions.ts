import type { Command } from 'commander'
import type { CommonOptions } from './invocation.ts'
import { fenceOption, keyOption, runOption } from './options.ts'

/** What the commands of a run's owner, or its agent, have in common. */
export interface OwnerOptions extends CommonOptions {
  readonly run?: string
  readonly fence?: number
  readonly idempotencyKey?: string
}

/** Gives a command the run it drives, the claim's fence, and an idempotency key. */
export function addOwnerOptions(command: Command): Command {
  return command.addOption(runOption()).addOption(fenceOption()).addOption(keyOption())
}
