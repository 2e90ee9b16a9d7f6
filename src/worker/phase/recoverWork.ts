import { composeText } from '../../text/composeText.ts'
import { BUDGETS, MAX_MESSAGE_LENGTH } from '../run/budgets.ts'
import { limitsFor } from '../run/limits.ts'
import { RESUME_MODE } from '../run/phaseProgress.ts'
import type { Trouble } from '../run/trouble.ts'
import { makeReady, stopUnresponsive } from './agentTurn.ts'
import { readProgress } from './step.ts'
import type { PhaseTask, Step, StepOf } from './step.ts'

/** Has work repaired that is wrong or missing: once, as an attempt of its own; then a person is asked. */
export async function correctWork(task: PhaseTask, step: StepOf<'CORRECT'>): Promise<Step> {
  const { context, declared } = task
  const { agent, judged, turn, code } = step
  const problem = composeText(step.problem, { max: MAX_MESSAGE_LENGTH })
  await stopUnresponsive(task, agent, turn)
  const { repairCount } = await readProgress(task)
  if (repairCount >= BUDGETS.repairs) return { name: 'FAIL', agent, trouble: notRepaired(problem, code) }
  await makeReady(task, agent, turn)
  const fields = { isRepair: true, because: problem, ...context.call }
  await context.command(context.owned.phases.start(declared.key, fields))
  context.report({ kind: 'phase-repaired', phase: declared.key, because: problem })
  await context.step('repair-started')
  return { name: 'PROMPT', agent, judged, composed: null }
}

/**
 * Continues work that broke off. An agent that crashed is resumed with its memory, after that started without memory, each as often
 * as the budget allows; one that ended with its owner, or was stopped by a person, does not use that up.
 */
export async function recoverSession(task: PhaseTask, step: StepOf<'RECOVER'>): Promise<Step> {
  const { context, declared } = task
  const { agent, judged, turn } = step
  const { resumeCount, restartCount } = await readProgress(task)
  const how = turn === 'GONE' ? RESUME_MODE.uncounted : nextMode(resumeCount, restartCount)
  if (how === undefined) return { name: 'FAIL', agent, trouble: crashed(declared.key) }
  if (how === RESUME_MODE.restarted) await agent.agent.restart(limitsFor(context, agent.definition))
  await makeReady(task, agent, turn, { how })
  await context.step('session-recovered')
  return { name: 'PROMPT', agent, judged, composed: null }
}

function nextMode(resumes: number, restarts: number): string | undefined {
  if (resumes < BUDGETS.resumes) return RESUME_MODE.resumed
  return restarts < BUDGETS.restarts ? RESUME_MODE.restarted : undefined
}

function notRepaired(problem: string, code: string): Trouble {
  return {
    errorClass: 'HUMAN_REQUIRED',
    code,
    message: `After a repair, too: ${problem}`,
    hint: 'See what the agent said, in the transcript of its session. Trying again begins with a new agent.',
  }
}

function crashed(phase: string): Trouble {
  return {
    errorClass: 'HUMAN_REQUIRED',
    code: 'AGENT_CRASHED',
    message: `The agent of phase ${phase} ended before its work was done, again and again`,
    hint: 'See what it said last, in the transcript of its session. Trying again begins with a new agent.',
  }
}
