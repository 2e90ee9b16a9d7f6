import type { Command } from '../../lifecycle/run/commandInputs.ts'
import type { LoadedForDecision, Lookup } from '../../store/run/loadForDecision.ts'
import { hasPresent } from '../../store/run/rememberRuns.ts'
import type { RunAccess } from '../../store/run/runBatches.ts'

/** Returns the id of the dependent row named by a command, which may have ended; null if it names none. */
export function namedRow(command: Command): string | null {
  switch (command.type) {
    case 'finishExecution':
      return command.executionId
    case 'updateSession':
    case 'recordPrompt':
      return command.sessionId
    case 'decideApproval':
    case 'withdrawApproval':
      return command.approvalId
    case 'acknowledgeMessage':
      return command.messageId
    default:
      return null
  }
}

/**
 * Loads the run with the row that a step names, even if that has ended. Of several steps the first such row counts: what names an ended row
 * is refused or replayed, and no step after a refusal is decided.
 */
export async function loadNamed(
  access: RunAccess,
  lookup: Lookup,
  steps: readonly { readonly command: Command }[],
): Promise<LoadedForDecision | null> {
  const loaded = await access.load(lookup)
  if (!loaded || steps.length === 1) return loaded
  const isEnded = (id: string | null) => id !== null && !hasPresent(loaded.run, id)
  const ended = steps.map(({ command }) => namedRow(command)).find(isEnded)
  return ended == null ? loaded : access.load({ ...lookup, namedId: ended })
}
