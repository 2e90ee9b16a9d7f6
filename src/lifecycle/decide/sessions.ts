import { isLiveSession, SESSION_TRANSITIONS } from '../activity/sessions.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import { currentPhaseOf, type Run, type Session } from '../run/run.ts'
import type { Draft } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase, type WorkflowDefinition, workflowPhase } from '../workflow/workflow.ts'
import type { SessionStatus } from '../run/enums.ts'
import { illegalTransition, unknownPhase } from './phaseTransitions.ts'
import type { Rule, RuleTable } from './rule.ts'
import { differingPaths } from '../log/differingPaths.ts'

/** Opens the session of a role, or adopts the live one, which then carries the caller's fence. */
const decideOpenSession: Rule<'openSession'> = (draft, command) => {
  const { run } = draft
  if (!admits('openSession', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const { sessionId: id, role, adapter, handle, only } = command
  const live = run.sessions.find((session) => session.role === role && isLiveSession(session))
  if (only !== null && live?.id !== only) return { type: 'NotFound', kind: 'SESSION', id: only }
  if (!live) {
    draft.note('session.opened', { id, role, adapter, fence: run.fence, handle })
    return 'accepted'
  }
  if (live.status === 'FAILED_NEEDS_HUMAN') return illegal(live, 'CREATED')
  const kept = handle ?? live.handle
  const same =
    live.fence === run.fence && live.adapter === adapter && differingPaths(live.handle, kept).length === 0
  if (same) return 'unchanged'
  draft.note('session.adopted', { id: live.id, fence: run.fence, adapter, handle: kept })
  return 'accepted'
}

/** Moves a session along its transition table; each return to READY after a recovery is counted. */
const decideUpdateSession: Rule<'updateSession'> = (draft, { sessionId, status, detail }) => {
  const { run } = draft
  if (!admits('updateSession', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const session = run.sessions.find((each) => each.id === sessionId)
  if (!session) return { type: 'NotFound', kind: 'SESSION', id: sessionId }
  if (!(SESSION_TRANSITIONS[session.status] as readonly SessionStatus[]).includes(status))
    return illegal(session, status)
  if (session.status === 'REBOOTSTRAPPED' && status === 'READY')
    draft.note('session.recovered', { id: sessionId, recoveryAttempts: session.recoveryAttempts + 1, detail })
  else draft.note('session.changed', { id: sessionId, from: session.status, to: status, detail })
  return 'accepted'
}

/** Records a prompt before and after sending; a key that was SENT is never sent again. */
const decideRecordPrompt: Rule<'recordPrompt'> = (draft, command, { workflow }) => {
  const { run } = draft
  const { sessionId, phase: key, dedupKey, isRepair: repair } = command
  if (!admits('recordPrompt', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const session = run.sessions.find((each) => each.id === sessionId)
  if (!session) return { type: 'NotFound', kind: 'SESSION', id: sessionId }
  const refused = checkPhase(run, key, workflow)
  if (refused) return refused
  if (session.sent.some((sent) => sent.key === dedupKey))
    return { type: 'PromptAlreadySent', sessionId, dedupKey }
  const { id, round, attempts: attempt } = currentPhaseOf(run)
  const prompt = { sessionId, id, phase: key, round, attempt, dedupKey, repair }
  const underWay = session.status === 'BUSY' && session.lastPromptKey === dedupKey
  if (command.stage === 'SENDING') {
    // repeated after a crash between the two stages: the prompt is still being sent
    if (underWay) return 'unchanged'
    if (session.status !== 'READY') return illegal(session, 'BUSY')
    draft.note('prompt.sending', prompt)
    return 'accepted'
  }
  if (!underWay) return illegal(session, 'BUSY')
  draft.note('prompt.sent', {
    ...prompt,
    awaitsArtifact: workflowPhase(workflow, key).artifact?.required ?? false,
  })
  return 'accepted'
}

function checkPhase(
  run: Run,
  key: string,
  workflow: WorkflowDefinition,
): RefusalNamed<'UnknownPhase' | 'IllegalTransition'> | undefined {
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  const current = currentPhaseOf(run)
  if (current.key === key && (current.status === 'RUNNING' || current.status === 'AWAITING_ARTIFACT'))
    return undefined
  return illegalTransition(run, 'recordPrompt', key, workflow)
}

function illegal(
  { id: sessionId, status: from }: Session,
  to: SessionStatus,
): RefusalNamed<'IllegalSessionTransition'> {
  return { type: 'IllegalSessionTransition', sessionId, from, to, allowed: SESSION_TRANSITIONS[from] }
}

/** Returns the ids of the sessions that wait for a person, to be disposed of. */
export function sessionsNeedingHuman({ run }: Draft): string[] {
  return run.sessions.filter(({ status }) => status === 'FAILED_NEEDS_HUMAN').map(({ id }) => id)
}

/** The rules of commands about sessions and prompts. */
export const sessionRules = {
  openSession: decideOpenSession,
  updateSession: decideUpdateSession,
  recordPrompt: decideRecordPrompt,
} satisfies Partial<RuleTable>
