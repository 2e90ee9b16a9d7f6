import { composePrompt } from '../prompt/composePrompt.ts'
import type { PendingMessage, PhaseProgress } from '../run/phaseProgress.ts'
import type { ComposedPrompt, PhaseTask } from './step.ts'

/** The next prompt of the attempt, with the messages that wait. */
export function composeNextPrompt(task: PhaseTask, progress: PhaseProgress): ComposedPrompt {
  return compose(task, progress, progress.prompts.length, progress.messages)
}

/**
 * The last prompt that was recorded, composed again; undefined where this worker would have sent another than the one with this key.
 * Its owner composed it from as many of the messages as had come by then.
 */
export function recomposePrompt(
  task: PhaseTask,
  { prompts, promptedFrom }: PhaseProgress,
  key: string,
): ComposedPrompt | undefined {
  if (!promptedFrom) return undefined
  const { messages } = promptedFrom
  const counts = Array.from({ length: messages.length + 1 }, (_, index) => messages.length - index)
  return counts
    .map((count) => compose(task, promptedFrom, prompts.length - 1, messages.slice(0, count)))
    .find(({ prompt }) => prompt.key === key)
}

function compose(
  { context, declared, round }: PhaseTask,
  progress: PhaseProgress,
  ordinal: number,
  carried: readonly PendingMessage[],
): ComposedPrompt {
  const { id, title, input } = context.owned.run
  const { attempt, repairs, rejected, failure, feedback, sentBackFrom, handedOver, consumed, isAnew } =
    progress
  const anew = isAnew ? { handedOver, messages: consumed } : null
  const run = { id, title, input }
  const facts = { attempt, repairs, rejected, failure, feedback, sentBackFrom, anew, messages: carried }
  const prompt = composePrompt({ run, workflow: context.workflow.name, declared, round, ordinal, ...facts })
  return { prompt, carried }
}
