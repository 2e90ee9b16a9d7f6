import { composeText } from '../../text/composeText.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import { MAX_MESSAGE_LENGTH } from '../run/budgets.ts'
import { RunFailedError } from '../run/trouble.ts'
import { awaitTurnEnd, makeReady, stopUnresponsive } from './agentTurn.ts'
import type { PhaseTask, Step, StepOf, Turn } from './step.ts'

/** The gate of questions about what an agent could not do. */
const GATE = 'recovery'

/**
 * Ends the work on a phase that is done, waits for a person, or was moved on by the agent: when its turn is over. Without an agent
 * there is nothing to end.
 */
export async function leavePhase(task: PhaseTask, step: StepOf<'LEAVE'>): Promise<Step> {
  const { context, declared } = task
  const { agent } = step
  if (agent) {
    const turn = await endTurn(task, agent, step.turn)
    await context.steering.end()
    if (agent.status === 'BUSY') await makeReady(task, agent, turn)
  }
  await context.step('phase-left')
  if (step.next !== undefined) {
    context.report({ kind: 'phase-done', phase: declared.key, next: step.next })
    await context.step('phase-advanced')
  }
  return { name: 'DONE' }
}

async function endTurn(task: PhaseTask, agent: OpenAgent, turn: Turn): Promise<Turn> {
  if (turn === 'ON') return awaitTurnEnd(task, agent)
  await stopUnresponsive(task, agent, turn)
  return turn
}

/**
 * Fails the phase: a person is asked whether it is to be tried again, or, where nothing can help, the run fails with it.
 *
 * @throws RunFailedError where the run is to be failed
 */
export async function failPhase({ context, declared }: PhaseTask, step: StepOf<'FAIL'>): Promise<Step> {
  const { trouble, agent } = step
  const { key } = declared
  const { code, hint } = trouble
  const told = agent ? agent.mask(trouble.message) : trouble.message
  const message = composeText(told, { max: MAX_MESSAGE_LENGTH })
  const isFatal = trouble.errorClass === 'FATAL'
  const error = { class: isFatal ? ('FATAL' as const) : ('HUMAN_REQUIRED' as const), code, message, hint }
  const recovery = isFatal
    ? undefined
    : {
        gate: GATE,
        question: `Phase ${key} could not be done: ${message}. Shall it be tried again?`,
        payload: { code, hint },
        ...(agent && { sessionId: agent.sessionId }),
      }
  const fields = { error, ...(recovery && { recovery }), ...context.call }
  await context.command(context.owned.phases.fail(key, fields))
  context.report({ kind: 'phase-failed', phase: key, trouble })
  await context.step('phase-failed')
  if (isFatal) throw new RunFailedError(`${code}: ${message}`)
  return { name: 'DONE' }
}
