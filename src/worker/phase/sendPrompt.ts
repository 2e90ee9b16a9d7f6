import type { PromptStage } from '@pawl/sdk'
import type { Prompt } from '../../adapters/kit/adapter.ts'
import { readBaseline } from '../../workspaces/files/baseline.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import { whileHeld } from '../agent/whileHeld.ts'
import { retryTransient } from '../run/backoff.ts'
import { BUDGETS } from '../run/budgets.ts'
import type { PhaseProgress } from '../run/phaseProgress.ts'
import { troubleOf } from '../run/trouble.ts'
import { composeNextPrompt } from './phasePrompt.ts'
import { findArtifactPlace, readProgress } from './step.ts'
import type { ComposedPrompt, PhaseTask, Step, StepOf } from './step.ts'

/** Records the prompt, hands it to the agent, and records that the agent has it. */
export async function sendPrompt(task: PhaseTask, step: StepOf<'PROMPT'>): Promise<Step> {
  const { context, declared } = task
  const { agent, judged } = step
  const progress = await readProgress(task)
  const composed = step.composed ?? composeNextPrompt(task, progress)
  agent.origin.phaseId = task.phaseId
  // the process is recorded in the same request
  const isPatient = agent.agent.prepare?.(composed.prompt) ?? false
  await recordPrompt(task, agent, composed.prompt, { progress, stage: 'SENDING', isPatient })
  agent.status = 'BUSY'
  await context.step('prompt-recorded')
  const before = declared.artifact && (await readBaseline(await findArtifactPlace(task, declared.artifact)))
  agent.recordPrompt(composed.prompt)
  context.noteTurn()
  await deliver(task, agent, composed.prompt)
  await context.step('prompt-sent')
  const sentAt = await confirmPrompt(task, agent, composed, progress)
  return { name: 'AWAIT', agent, judged, sent: { carried: composed.carried, sentAt, before } }
}

/**
 * Records that the agent has the prompt, and with it the messages that it contains.
 *
 * @returns when that was known, as `performance.now()`
 */
export async function confirmPrompt(
  task: PhaseTask,
  agent: OpenAgent,
  { prompt, carried }: ComposedPrompt,
  progress: PhaseProgress,
): Promise<number> {
  const { context, declared, role } = task
  await recordPrompt(task, agent, prompt, { progress, stage: 'SENT' })
  const sentAt = performance.now()
  context.report({ kind: 'prompt-sent', phase: declared.key, role })
  await context.step('prompt-confirmed')
  for (const { id } of carried) await context.steering.acknowledge(id, 'CONSUMED', 'FOLLOW_UP')
  return sentAt
}

async function recordPrompt(
  { context, declared }: PhaseTask,
  { sessionId }: OpenAgent,
  prompt: Prompt,
  {
    progress,
    stage,
    isPatient = false,
  }: { readonly progress: PhaseProgress; readonly stage: PromptStage; readonly isPatient?: boolean },
): Promise<void> {
  const fields = { phase: declared.key, dedupKey: prompt.key, isRepair: progress.repairs !== null, stage }
  await context.takeOne({ recordPrompt: { sessionId, ...fields } }, { isPatient })
}

/** Sends the prompt to the agent, at most as often as the budget allows, and never again once the agent has it. */
async function deliver({ context }: PhaseTask, { agent }: OpenAgent, prompt: Prompt): Promise<void> {
  await retryTransient(context, BUDGETS.sends, async () => {
    try {
      await whileHeld(context, agent.send(prompt))
    } catch (error) {
      if (context.hasLeft || troubleOf(error)?.errorClass !== 'RECOVERABLE') throw error
      if (!(await agent.hasReceived(prompt.key))) throw error
    }
  })
}
