import { setTimeout as sleep } from 'node:timers/promises'
import { nameCredential } from '../../adapters/credentials.ts'
import type { ModelError } from '../../adapters/kit/modelError.ts'
import { composeText } from '../../text/composeText.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import { BUDGETS, MAX_MESSAGE_LENGTH } from '../run/budgets.ts'
import { limitsFor } from '../run/limits.ts'
import { RESUME_MODE } from '../run/phaseProgress.ts'
import { RunPutOffError } from '../run/trouble.ts'
import type { Trouble } from '../run/trouble.ts'
import { makeReady } from './agentTurn.ts'
import { readProgress } from './step.ts'
import type { PhaseTask, Step, StepOf } from './step.ts'

/** The longest wait for a model that is waited for with the run in hand, in milliseconds; for a longer one the run is released. */
const MAX_HELD_MS = 60_000

/** The longest wait that the server takes, with room for its clock, in milliseconds. */
const MAX_WAIT_MS = 7 * 86_400_000

/** How much a wait is lengthened at random, as a part of it: not all runs ask again in the same moment. */
const JITTER = 0.1

/** Does what helps against an error of the agent's model: waits, begins without memory, or asks a person. */
export async function answerModelError(task: PhaseTask, step: StepOf<'MODEL_FAILED'>): Promise<Step> {
  const { agent } = step
  const message = composeText(agent.mask(step.error.message), { max: MAX_MESSAGE_LENGTH })
  const error = { ...step.error, message }
  switch (error.class) {
    case 'RATE_LIMITED':
    case 'OVERLOADED':
      return waitForModel(task, step, error)
    case 'CONTEXT_FULL':
      return beginAnew(task, step, error)
    default:
      return { name: 'FAIL', agent, trouble: troubleFor(task, agent, error) }
  }
}

/** Waits until the model can be asked again, and then has the agent continue. That uses no budget. */
async function waitForModel(
  task: PhaseTask,
  { agent, judged }: StepOf<'MODEL_FAILED'>,
  error: ModelError,
): Promise<Step> {
  const { context, role } = task
  const { resetAt } = error
  const named = resetAt === null ? null : Math.max(0, resetAt - Date.now())
  const wait = named ?? context.tools.modelBackoff.nextWait(context.runId)
  const ms = Math.min(MAX_WAIT_MS, Math.ceil(wait * (1 + Math.random() * JITTER)))
  const until = new Date(Date.now() + ms).toISOString()
  const waitsFor = `the model of the ${role} (${error.class}, until ${until}): ${error.message}`
  context.report({ kind: 'model-waited-for', role, code: error.class, message: error.message, until })
  // Left BUSY, so that the next owner continues the interrupted work.
  if (ms > MAX_HELD_MS) throw new RunPutOffError(ms, waitsFor)
  const detail = { code: error.class, message: error.message, until }
  if (agent.status === 'BUSY') await context.agents.move(agent, 'CRASHED', detail)
  await sleep(ms, undefined, { signal: context.signal })
  await makeReady(task, agent, 'CRASHED', { how: RESUME_MODE.uncounted })
  await context.step('session-recovered')
  return { name: 'PROMPT', agent, judged, composed: null }
}

/** Starts the agent without memory: its next prompt says what was handed over so far. */
async function beginAnew(
  task: PhaseTask,
  { agent, judged }: StepOf<'MODEL_FAILED'>,
  error: ModelError,
): Promise<Step> {
  const { context } = task
  const { restartCount } = await readProgress(task)
  if (restartCount >= BUDGETS.restarts)
    return { name: 'FAIL', agent, trouble: troubleFor(task, agent, error) }
  await agent.agent.restart(limitsFor(context, agent.definition))
  const detail = { how: RESUME_MODE.restarted, because: error.class, message: error.message }
  await makeReady(task, agent, 'CRASHED', detail)
  await context.step('session-recovered')
  return { name: 'PROMPT', agent, judged, composed: null }
}

function troubleFor(
  { context, role }: PhaseTask,
  { definition }: OpenAgent,
  { class: code, message }: ModelError,
): Trouble {
  const credential = nameCredential(definition, { ...context.tools.env, ...definition.env })
  return { errorClass: 'HUMAN_REQUIRED', code, ...WORDS[code](role, message, credential) }
}

type Words = Pick<Trouble, 'message' | 'hint'>

const WORDS: Readonly<
  Record<ModelError['class'], (role: string, message: string, credential: string) => Words>
> = {
  AUTH: (role, message, credential) => ({
    message: `The model of the ${role} refused its credentials: ${message}`,
    hint: `Renew ${credential}, where the worker runs, then decide for a retry.`,
  }),
  BILLING: (role, message, credential) => ({
    message: `The account of the ${role} has no credit for its model: ${message}`,
    hint: `Check the account behind ${credential}, then decide for a retry.`,
  }),
  CONTEXT_FULL: (role, message) => ({
    message: `The work does not fit into the context of the model of the ${role}, even in a new conversation: ${message}`,
    hint: 'Split the work, or give the agent a model with a larger context, then decide for a retry.',
  }),
  REFUSED: (role, message) => ({
    message: `The model of the ${role} refuses the work: ${message}`,
    hint: 'Say the work in other words, or give the agent another model, then decide for a retry.',
  }),
  MODEL_GONE: (role, message) => ({
    message: `The model of the ${role} is not there: ${message}`,
    hint: 'Name a model that the account may use in the settings of the agent, then decide for a retry.',
  }),
  RATE_LIMITED: (role, message) => ({ message: `The model of the ${role} is limited: ${message}`, hint: '' }),
  OVERLOADED: (role, message) => ({
    message: `The model of the ${role} is overloaded: ${message}`,
    hint: '',
  }),
}
