import type { BelowAction, BelowOf } from './actionsBelow.ts'
import { graphOf } from './beliefs.ts'
import type { Asking, Turn } from './expect.ts'
import type { ModelApproval, ModelRun } from './modelState.ts'
import * as approvals from './oracleApprovals.ts'
import * as questions from './oracleInTurn.ts'
import * as sessions from './oracleSessions.ts'
import { countedFence, phaseOf, rowOf } from './resolve.ts'
import { toContents } from '../support/entries.ts'

/** Contents of artifacts; the bad one is never valid. */
const CONTENTS = { one: '{"ok":1}', other: '{"ok":2}', bad: ' ' } as const
/** The time until an expiring approval expires, in seconds. */
const EXPIRES = 500

const asking = ({ now, name, made }: Turn) => ({ now, name, approvalId: made.approvalId })

/** Makes the choices of an action about the rows below a run. */
export function askBelow(
  action: BelowAction,
  run: ModelRun,
  input: Record<string, unknown>,
  agentFence: number,
): Asking {
  const phase = 'phase' in action ? phaseOf(action.phase, action, run) : null
  const key = phase ?? ''
  switch (action.kind) {
    case 'openSession': {
      const { role, adapter, handle } = action
      Object.assign(input, { role, adapter, handle })
      return {
        rule: ({ run, now, made }) => sessions.openSession(run, now, { role, adapter, handle }, made.rowId),
      }
    }
    case 'updateSession': {
      const session = rowOf(run.sessions, action, ({ status }) => status !== 'DISPOSED')
      const ways = sessions.SESSION_WAYS[session?.status ?? 'DISPOSED']
      const to = action.to === 'onward' ? (ways[action.way % (ways.length || 1)] ?? 'READY') : action.to
      const id = session?.id ?? 'ses_none'
      Object.assign(input, { sessionId: id, status: to })
      return {
        row: { of: 'sessions', id },
        rule: ({ run, now }) => sessions.updateSession(run, now, id, to),
      }
    }
    case 'recordPrompt':
      return askPrompt(action, run, input, key)
    case 'append':
      return askTranscript(action, run, input, agentFence)
    case 'submit': {
      const declared = run.workflow.phases.find((each) => each.key === key)?.artifact?.path
      const path = action.declared ? (declared ?? 'notes.md') : 'elsewhere.md'
      const file = { phase: key, path, content: CONTENTS[action.content] }
      Object.assign(input, file)
      const good = action.content !== 'bad'
      return {
        rule: (turn) => approvals.submitArtifact(turn.run, asking(turn), { ...file, good }, turn.made.rowId),
      }
    }
    case 'askApproval':
      return askApproval(action, run, input, phase)
    case 'askInTurn':
      return askQuestion(action, run, input, phase)
    case 'withdraw': {
      const id = rowOf(run.approvals, action, ({ status }) => status === 'PENDING')?.id ?? 'apr_none'
      input['approvalId'] = id
      return {
        row: { of: 'approvals', id },
        rule: ({ run, now }) => questions.withdrawApproval(run, now, id),
      }
    }
    case 'failPhase': {
      const session = run.sessions.findLast(({ status }) => status !== 'DISPOSED')
      const recovery = action.recovery && {
        gate: 'recover',
        question: 'How shall it go on?',
        sessionId: action.recovery.session ? (session?.id ?? 'ses_none') : null,
        expiresInSeconds: action.recovery.expires ? EXPIRES : null,
      }
      const error = { class: 'RECOVERABLE', code: 'E', message: 'm', hint: null }
      Object.assign(input, { phase: key, error, recovery })
      return { rule: (turn) => approvals.failPhase(turn.run, asking(turn), key, recovery) }
    }
    case 'decide': {
      const approval = rowOf(run.approvals, action, ({ status }) => status === 'PENDING')
      const id = approval?.id ?? 'apr_none'
      const digest = action.stale ? staleDigest(run, approval) : (approval?.digest ?? 'none')
      const decision = decisionOf(action, approval)
      const answer = decision === 'ANSWER' ? { answer: 'so' } : null
      Object.assign(input, { approvalId: id, decision, digest, answer })
      return {
        row: { of: 'approvals', id },
        rule: ({ run, now, name }) => approvals.decideApproval(run, now, id, { decision, digest, name }),
      }
    }
    case 'say': {
      const { mode } = action
      Object.assign(input, { text: 'to you', mode })
      return { rule: ({ run, now, made }) => sessions.sendMessage(run, now, mode, made.rowId) }
    }
    case 'receipt': {
      const { receipt, mode } = action
      const id = rowOf(run.messages, action, ({ status }) => status !== 'UNDELIVERED')?.id ?? 'msg_none'
      Object.assign(input, { messageId: id, receipt, mode })
      return {
        row: { of: 'messages', id },
        rule: ({ run, now }) => sessions.acknowledgeMessage(run, now, id, { receipt, mode }),
      }
    }
  }
}

function askPrompt(
  action: BelowOf<'recordPrompt'>,
  run: ModelRun,
  input: Record<string, unknown>,
  phase: string,
): Asking {
  const session = rowOf(run.sessions, action, ({ status }) => status === 'READY' || status === 'BUSY')
  const id = session?.id ?? 'ses_none'
  const isOnItsWay = session?.status === 'BUSY' && session.prompt !== null
  const next = isOnItsWay ? session.prompt : `prompt ${session?.sent.length ?? 0}`
  const dedupKey = (action.prompt === 'next' ? next : `prompt ${action.prompt}`) ?? ''
  const stage = action.prompt === 'next' && isOnItsWay ? 'SENT' : action.stage
  const prompt = { sessionId: id, phase, dedupKey, stage } as const
  Object.assign(input, prompt)
  return { row: { of: 'sessions', id }, rule: ({ run, now }) => sessions.recordPrompt(run, now, prompt) }
}

function askTranscript(
  action: BelowOf<'append'>,
  run: ModelRun,
  input: Record<string, unknown>,
  agentFence: number,
): Asking {
  const session = rowOf(run.sessions, action, ({ status }) => status !== 'DISPOSED')
  const sessionId = session?.id ?? 'ses_none'
  const own = session?.fence ?? 0
  const given = action.fence === 'none' ? null : action.fence === 'own' ? own : own - 1
  const next = (session?.entries.length ?? 0) + 1
  const fromSeq = { next, before: Math.max(1, next - 1), beyond: next + 1 }[action.from]
  const texts = Array.from({ length: action.count }, (_, place) => `entry ${fromSeq + place}. `)
  if (given !== null) input['fence'] = given
  Object.assign(input, { sessionId, fromSeq, entries: toContents(...texts) })
  const fence = countedFence(action, given, agentFence) ?? 0
  return {
    row: { of: 'sessions', id: sessionId },
    exempt: true,
    rule: ({ run, now }) => sessions.appendTranscript(run, now, { sessionId, fence, fromSeq, texts }),
  }
}

function askApproval(
  action: BelowOf<'askApproval'>,
  run: ModelRun,
  input: Record<string, unknown>,
  phase: string | null,
): Asking {
  const { approval: kind, approvers, allowSelfApproval, onExpiry } = action
  const declared = graphOf(run).approval?.gate
  const question = {
    gate: action.declared ? (declared ?? 'gate') : 'another-gate',
    question: 'Shall it go on?',
    approvers,
    allowSelfApproval,
    expiresInSeconds: action.expires ? EXPIRES : null,
    onExpiry,
  }
  const { allowSelfApproval: isSelfApprovalAllowed, ...asked } = question
  Object.assign(input, { ...asked, isSelfApprovalAllowed, phase, kind })
  return {
    rule: (turn) => approvals.requestApproval(turn.run, asking(turn), kind, question, phase),
  }
}

function askQuestion(
  action: BelowOf<'askInTurn'>,
  run: ModelRun,
  input: Record<string, unknown>,
  phase: string | null,
): Asking {
  const newest = run.sessions.findLast(({ status }) => status !== 'DISPOSED')
  const { question: kind, program } = action
  const session = action.session ? (newest?.id ?? 'ses_none') : null
  const expiresInSeconds = action.expires ? EXPIRES : null
  const permission = kind === 'PERMISSION' ? { kind: 'EXECUTE', program } : null
  Object.assign(input, { ...questions.WORDS, phase, kind, sessionId: session, permission, expiresInSeconds })
  const asked = { kind, session, program, expiresInSeconds }
  return { rule: (turn) => questions.askInTurn(turn.run, asking(turn), asked, phase) }
}

/** A digest that does not match the approval. */
function staleDigest(run: ModelRun, approval: ModelApproval | undefined): string {
  const other = run.approvals.find(({ digest }) => digest !== approval?.digest)
  return other?.digest ?? approvals.sha256('nothing that was shown')
}

const ANSWERS = {
  REVIEW: ['APPROVE', 'REJECT', 'APPROVE'],
  RECOVERY: ['RETRY', 'ABORT', 'RETRY'],
  PERMISSION: ['ALLOW', 'DENY', 'ALLOW_ALWAYS'],
  QUESTION: ['ANSWER', 'DECLINE', 'ANSWER'],
} as const

function decisionOf({ decision }: BelowOf<'decide'>, approval: ModelApproval | undefined) {
  const [yes, no, always] = ANSWERS[approval?.kind ?? 'REVIEW']
  if (decision === 'yes') return yes
  if (decision === 'no') return no
  return decision === 'always' ? always : decision
}
