import { PawlProblem } from '@pawl/sdk'
import type { SessionStatus } from '@pawl/sdk'
import type { ArtifactTrouble } from '../../workspaces/files/readArtifact.ts'
import { chooseNext } from '../run/chooseNext.ts'
import type { DeclaredArtifact } from '../run/declared.ts'
import { isRefusedAs } from '../run/trouble.ts'
import { hasEndedTurn } from './step.ts'
import type { PhaseTask, Step, StepOf } from './step.ts'

/** Submits the file. A valid one ends the phase; after an invalid one, an agent that still works may write it again. */
export async function submitArtifact(task: PhaseTask, step: StepOf<'SUBMIT'>): Promise<Step> {
  const { context, declared } = task
  const { agent, turn, found } = step
  const { key, artifact } = declared
  if (!artifact) throw new Error(`phase ${key} has no file to submit`)
  if (found.outcome !== 'FOUND') {
    if ('problem' in found && found.outcome !== 'NOT_A_FILE') throw found.problem
    return afterRefusal(step, describeTrouble(artifact, found))
  }
  const { byLog } = step
  // The turn is over: the next owner knows by this that the file is whole. While a question is open nothing can be written.
  const status = statusBefore(task, step)
  const next = byLog && hasEndedTurn(turn) ? nextPhase(task) : null
  const tree = declared.approval ? await context.readTree() : null
  const submit = { submitArtifact: { phase: key, path: artifact.path, content: found.content, tree } }
  const answers = context.take(
    [
      ...(status ? [{ updateSession: { sessionId: agent.sessionId, status } }] : []),
      submit,
      ...(next === null ? [] : [{ advancePhase: { to: next } }]),
    ],
    byLog && { ifRevision: byLog.revision },
  )
  const [moved, submitted, advanced] = status ? answers : [null, ...answers]
  try {
    await moved
    if (status) agent.status = status
    const { artifact: taken } = (await submitted) ?? {}
    if (!taken) throw new Error(`the server did not tell what became of ${artifact.path}`)
    const { isValid: valid, problems } = taken
    context.report({ kind: 'artifact-submitted', phase: key, path: artifact.path, problems })
    await context.step('artifact-submitted')
    if (!valid) return afterRefusal(step, `the file \`${artifact.path}\` was not accepted`)
    const isAdvanced = (await advanced?.catch(ignoreRefusal)) !== undefined
    // Whatever its process ended with: its work is there.
    const end = { name: 'LEAVE', agent, turn: turn === 'CRASHED' ? 'OVER' : turn } as const
    return isAdvanced && next !== null ? { ...end, next } : end
  } catch (error) {
    // Something was done to the run that the log had not told: as a message sent to it.
    if (byLog && isRefusedAs(error, 'RevisionConflict')) return byLog.judge
    // What the server does not even take, as a file past its own limit.
    if (isRefusedAs(error, 'InvalidInput')) return afterRefusal(step, (error as Error).message)
    throw error
  }
}

/** What the session of an agent becomes with the submission, if its turn is over. */
function statusBefore({ declared }: PhaseTask, { agent, turn }: StepOf<'SUBMIT'>): SessionStatus | null {
  if (agent.status !== 'BUSY' || turn === 'ON') return null
  if (declared.approval) return 'WAITING_FOR_APPROVAL'
  return hasEndedTurn(turn) ? 'READY' : null
}

/** The phase that the run is moved to with the end of this one; null where that is decided on the run as it is then. */
function nextPhase({ context, declared, round }: PhaseTask): string | null {
  const { workflow, log, tools } = context
  const isDecided = !declared.approval && !declared.final && workflow.completeRoundAt !== declared.key
  if (!isDecided || tools.isDraining()) return null
  return chooseNext(workflow, declared.key, log.visited(round))
}

/** A move that was refused is decided anew, on the run as it is then. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof PawlProblem)) throw error
}

/** An agent at work may write the file again, and only a new version counts; an agent whose turn is over is asked to repair it. */
function afterRefusal({ agent, turn, found, sent, judged }: StepOf<'SUBMIT'>, problem: string): Step {
  const refused = 'state' in found ? found.state : null
  const counted = { agent, judged: refused ?? judged }
  if (sent) return { name: 'AWAIT', ...counted, sent: { ...sent, before: refused ?? sent.before } }
  return { name: 'CORRECT', ...counted, turn, problem, code: 'INVALID_ARTIFACT' }
}

function describeTrouble({ path }: DeclaredArtifact, trouble: ArtifactTrouble): string {
  switch (trouble.outcome) {
    case 'TOO_LARGE':
      return `the file \`${path}\` is larger than ${trouble.maxBytes} bytes`
    case 'NOT_TEXT':
      return `the file \`${path}\` is no text in UTF-8`
    default:
      return trouble.problem.message
  }
}
