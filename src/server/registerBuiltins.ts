import type { Commands } from '../commands/kit/context.ts'
import { keepWorkflow } from '../commands/workflow/registerWorkflow.ts'
import { BUILTIN_WORKFLOWS } from '../lifecycle/workflow/builtins.ts'
import type { Log } from '../log.ts'

/**
 * Registers the workflows every installation has. Any number of servers may do so at once. A version that is registered
 * otherwise stays as it is: runs refer to it.
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
