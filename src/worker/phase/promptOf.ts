import type { Prompt } from '../../adapters/kit/adapter.ts'
import { composePrompt } from '../prompt/composePrompt.ts'
import type { PendingMessage, PhaseProgress } from '../run/phaseProgress.ts'
import type { PhaseWork } from './phaseWork.ts'

/** A prompt with the messages that it carries. */
export interface CarryingPrompt {
  readonly prompt: Prompt
  readonly carried: readonly PendingMessage[]
}

/** The next prompt of the attempt, with the messages that wait. */
export function composeFor(work: PhaseWork): CarryingPrompt {
  const { standing } = work
  return compose(work, standing, standing.prompts.length, standing.messages)
}

/**
 * The last prompt that was recorded, composed anew; undefined where this worker would have sent another than the one with this key. It
 * carries as many of the messages that waited then as had come when it was composed.
 */
export function recompose(work: PhaseWork, key: string): CarryingPrompt | undefined {
  const { prompts, promptedFrom: then } = work.standing
  if (!then) return undefined
  const counts = Array.from({ length: then.messages.length + 1 }, (_, index) => then.messages.length - index)
  return counts
    .map((count) => compose(work, then, prompts.length - 1, then.messages.slice(0, count)))
    .find(({ prompt }) => prompt.key === key)
}

function compose(
  { drive, declared, round }: PhaseWork,
  standing: PhaseProgress,
  ordinal: number,
  carried: readonly PendingMessage[],
): CarryingPrompt {
  const { id, title, input } = drive.owned.run
  const { attempt, repairs, rejected, failure, feedback, sentBackFrom } = standing
  const run = { id, title, input }
  const told = { attempt, repairs, rejected, failure, feedback, sentBackFrom, messages: carried }
  return {
    prompt: composePrompt({ run, workflow: drive.workflow.name, declared, round, ordinal, ...told }),
    carried,
  }
}
