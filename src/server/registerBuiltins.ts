import type { Commands } from '../commands/kit/context.ts'
import { keepWorkflow } from '../commands/workflow/registerWorkflow.ts'
import { BUILTIN_WORKFLOWS } from '../lifecycle/workflow/builtins.ts'
import type { Log } from '../log.ts'

/**
 * Registers the built-in workflows. Any number of servers may do this at once. A version that is registered with another definition stays
 * unchanged: runs refer to it.
 */
export async function registerBuiltins(commands: Commands, log: Log): Promise<void> {
  for (const definition of BUILTIN_WORKFLOWS) {
    const { name, version } = definition
    const answer = await keepWorkflow(commands, null, definition)
    if (!answer.ok)
      log.warn({ workflow: name, version, reason: answer.problem.type }, 'workflow.register_rejected')
    else if (answer.changed) log.info({ workflow: name, version }, 'workflow.register_completed')
  }
}
