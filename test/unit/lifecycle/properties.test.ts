import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { NO_FAMILY } from '../../../src/lifecycle/run/family.ts'
import type { Command, CommandType } from '../../../src/lifecycle/run/commandInputs.ts'
import type { RunCommand } from '../../../src/lifecycle/run/commands.ts'
import { allowedCommands } from '../../../src/lifecycle/answers/derive.ts'
import { applyDue, nextDueAt } from '../../../src/lifecycle/decide/due.ts'
import { holdsLease } from '../../../src/lifecycle/run/run.ts'
import { admits, hasTransitions, stateOf, targetsOf } from '../../../src/lifecycle/run/transitions.ts'
import { decisionsOf } from '../../../src/lifecycle/activity/approvals.ts'
import { allowedSessionStatuses, isLiveSession } from '../../../src/lifecycle/activity/sessions.ts'
import {
  APPROVAL_KINDS,
  DECISIONS,
  EXPIRY_POLICIES,
  IN_TURN_KINDS,
  isInTurnKind,
  isFinalStatus,
  isSettledStatus,
} from '../../../src/lifecycle/run/enums.ts'
import { GATED, RELAY, ROUNDS, SOLO, TIMED } from '../../support/workflows.ts'
import { ask } from './asks.ts'
import { actorOf, Story } from './story.ts'

/** A step of a history: what is asked, whether with the right fence, and how long after the one before. */
interface Step {
  readonly type: CommandType
  readonly right: boolean
  readonly pick: number
  readonly seconds: number
}

const TYPES: readonly CommandType[] = [
  'claimRun',
  'releaseRun',
  'pauseRun',
  'resumeRun',
  'cancelRun',
  'confirmCancel',
  'deleteRun',
  'completeRun',
  'failRun',
  'startPhase',
  'failPhase',
  'advancePhase',
  'completeRound',
  'submitArtifact',
  'requestApproval',
  'decideApproval',
  'withdrawApproval',
  'sendMessage',
  'startExecution',
  'finishExecution',
  'openSession',
  'updateSession',
  'recordPrompt',
  'acknowledgeMessage',
  'noteChildStarted',
  'noteChildDetached',
  'noteChild',
  'sweep',
  // what keeps a history going
  'claimRun',
  'startPhase',
  'advancePhase',
  'resumeRun',
]

const steps = fc.array(
  fc.record<Step>({
    type: fc.constantFrom(...TYPES),
    right: fc.nat(9).map((one) => one > 0),
    pick: fc.nat(5),
    seconds: fc.oneof(
      { weight: 8, arbitrary: fc.nat(9) },
      { weight: 2, arbitrary: fc.nat(60) },
      { weight: 1, arbitrary: fc.constantFrom(300, 600, 3600, 86_400, 8 * 86_400) },
    ),
  }),
  { minLength: 1, maxLength: 40 },
)
const workflows = fc.constantFrom(SOLO, RELAY, ROUNDS, TIMED, GATED)

function toCommand({ run, workflow }: Story, { type, right, pick }: Step): Command {
  const fence = right ? run.fence : run.fence + 1 - 2 * (pick % 2)
  const phase = workflow.phases[pick % workflow.phases.length]?.key ?? ''
  const leaseSeconds = pick === 0 ? 0 : 30
  switch (type) {
    case 'claimRun':
      return ask(type, { leaseSeconds, owner: `owner ${pick}`, kinds: pick % 4 ? IN_TURN_KINDS : null })
    case 'resumeRun':
      return ask(type, { claim: pick % 2 ? { owner: 'next', leaseSeconds } : null })
    case 'failRun':
      return ask(type, { fence: run.status === 'QUEUED' && right ? null : fence })
    case 'startPhase':
      return ask(type, { phase: pick % 3 ? run.currentPhase : phase, isRepair: pick === 5, fence })
    case 'failPhase':
      return ask(type, { phase: run.currentPhase, fence })
    case 'advancePhase':
      return ask(type, { to: phase, fence })
    case 'startExecution':
      return ask(type, {
        executionId: `exe_${run.revision}`,
        phase: pick % 2 ? run.currentPhase : null,
        fence,
      })
    case 'finishExecution':
      return ask(type, { executionId: run.executions[pick % (run.executions.length || 1)]?.id ?? 'exe_0' })
    case 'submitArtifact': {
      const problems = pick === 4 ? [{ path: '', message: 'wrong' }] : []
      const path = workflow.phases.find(({ key }) => key === run.currentPhase)?.artifact?.path ?? 'other.md'
      const id = `${run.revision}`
      return ask(type, {
        artifactId: `art_${id}`,
        sha256: id,
        phase: run.currentPhase,
        path,
        problems,
        fence,
      })
    }
    case 'requestApproval':
      return askQuestion(run, pick, fence)
    case 'decideApproval': {
      const approval = run.approvals.at(-1)
      const { id: approvalId = 'apr_0', digest = '' } = approval ?? {}
      const known = approval && pick > 0 ? decisionsOf(approval) : DECISIONS
      const decision = known[pick % known.length] ?? 'APPROVE'
      return ask(type, {
        approvalId,
        digest,
        decision,
        answer: decision === 'ANSWER' ? { answer: 'yes' } : null,
      })
    }
    case 'withdrawApproval':
      return ask(type, { approvalId: run.approvals.at(-1)?.id ?? 'apr_0', fence })
    case 'openSession':
      return ask(type, { sessionId: `ses_${run.revision}`, role: pick % 2 ? 'writer' : 'checker', fence })
    case 'updateSession': {
      const session = run.sessions[pick % (run.sessions.length || 1)]
      const allowed = session ? allowedSessionStatuses(session) : []
      const status = allowed[pick % (allowed.length || 1)] ?? 'READY'
      return ask(type, { sessionId: session?.id ?? 'ses_0', status, fence })
    }
    case 'recordPrompt': {
      const session = run.sessions.find(({ status }) => status === 'READY' || status === 'BUSY')
      const stage = session?.status === 'BUSY' ? 'SENT' : 'SENDING'
      const dedupKey = stage === 'SENT' ? (session?.lastPromptKey ?? '') : `key ${pick % 3} ${run.round}`
      return ask(type, { sessionId: session?.id ?? 'ses_0', phase: run.currentPhase, dedupKey, stage, fence })
    }
    case 'sendMessage':
      return ask(type, { messageId: `msg_${run.revision}` })
    case 'acknowledgeMessage': {
      const { id: messageId = 'msg_0' } = run.messages[pick % (run.messages.length || 1)] ?? {}
      return ask(type, { messageId, receipt: pick % 2 ? 'DELIVERED' : 'CONSUMED', fence })
    }
    case 'releaseRun':
    case 'confirmCancel':
    case 'completeRun':
    case 'completeRound':
      return ask(type, { fence })
    default:
      return ask(type)
  }
}

function askQuestion({ currentPhase, sessions }: Story['run'], pick: number, fence: number): Command {
  const phase = pick % 2 ? currentPhase : null
  const expiresInSeconds = pick % 3 ? 60 : null
  const kind = APPROVAL_KINDS[pick % APPROVAL_KINDS.length] ?? 'REVIEW'
  const onExpiry = EXPIRY_POLICIES[(pick + 2) % EXPIRY_POLICIES.length] ?? 'WAIT'
  const asked = { phase, kind, expiresInSeconds, onExpiry, fence }
  if (!isInTurnKind(kind)) return ask('requestApproval', asked)
  const sessionId = sessions.find(isLiveSession)?.id ?? null
  const permission = { kind: 'EXECUTE', program: 'npm', path: null } as const
  return ask('requestApproval', {
    ...asked,
    onExpiry: 'WAIT',
    sessionId,
    permission: kind === 'PERMISSION' ? permission : null,
  })
}

/** Plays a history; the story proves of each step that the run is the fold of its log. */
function play(property: (story: Story, command: Command) => void) {
  return fc.property(workflows, steps, (workflow, history) => {
    const story = new Story(workflow)
    for (const step of history) {
      story.passes(step.seconds)
      property(story, toCommand(story, step))
    }
  })
}

const RUNS = { numRuns: Number(process.env['PAWL_PROPERTY_RUNS'] ?? 150) }

test('a decision is the fold of the events it noted, whatever was asked before (G6)', () => {
  fc.assert(
    play((story, command) => {
      const before = story.run
      const { run, events } = story.decide(command)
      expect(run.revision).toBe(before.revision + events.length)
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => before.revision + at + 1))
    }),
    RUNS,
  )
})

test('a settled status is a wall: only a higher epoch follows it, and nothing follows a final one (G2)', () => {
  fc.assert(
    play((story, command) => {
      const before = story.run
      const { run } = story.decide(command)
      expect(run.epoch).toBeGreaterThanOrEqual(before.epoch)
      if (isFinalStatus(before.status))
        expect([run.status, run.revision]).toEqual([before.status, before.revision])
      if (isSettledStatus(before.status) && run.status !== before.status)
        expect(run.epoch).toBe(before.epoch + 1)
      const settled = story.events.filter(({ type }) =>
        /^run\.(completed|failed|cancelled|expired)$/.test(type),
      )
      const epochs = settled.map(({ epoch }) => epoch)
      expect(epochs).toEqual([...new Set(epochs)])
    }),
    RUNS,
  )
})

test('decide admits what the table of transitions admits, and leads where it leads', () => {
  fc.assert(
    play((story, command) => {
      const { type: row } = command
      const from = [stateOf(story.run), stateOf(applyDue(story.run, story).run)]
      const { result, run } = story.decide(command)
      if (!hasTransitions(row) || !result.ok || !(result.changed || result.deleted)) return
      expect(from.some((status) => admits(row, status))).toBe(true)
      expect(from.flatMap((status) => targetsOf(row, status))).toContain(run.status)
    }),
    RUNS,
  )
})

test('nobody takes a live lease away: only its owner ends it, or its expiry (G4)', () => {
  fc.assert(
    play((story, command) => {
      const { run: before, now } = story
      const { result, run } = story.decide(command)
      expect(run.fence).toBeGreaterThanOrEqual(before.fence)
      if (!holdsLease(before.claim, now) || run.claim?.fence === before.claim?.fence) return
      expect(command).toMatchObject({ fence: before.claim?.fence })
      expect(result.ok).toBe(true)
    }),
    RUNS,
  )
})

test('a wrong fence, or none, changes nothing but what was due (G4)', () => {
  fc.assert(
    fc.property(workflows, steps, (workflow, history) => {
      const story = new Story(workflow)
      for (const step of history) {
        story.passes(step.seconds)
        const command = toCommand(story, { ...step, right: false })
        // a receipt that comes after settling is answered with what became of the message
        const isLateReceipt =
          command.type === 'acknowledgeMessage' && isSettledStatus(applyDue(story.run, story).run.status)
        if (!('fence' in command) || isLateReceipt) {
          story.decide(toCommand(story, step))
          continue
        }
        const due = applyDue(story.run, story).run
        const { result, run } = story.decide(command)
        expect(result).toMatchObject({ ok: false, problem: { type: 'LeaseLost' } })
        expect(run).toEqual(due)
      }
    }),
    RUNS,
  )
})

test('what is due is due once, and not before its moment', () => {
  fc.assert(
    play((story, command) => {
      story.decide(command)
      expect(applyDue(story.run, story).events).toEqual([])
      const { run, workflow, settings } = story
      const moments = [run.claim?.expiresAt ?? null, nextDueAt(run, workflow, settings)].filter(
        (at) => at !== null,
      )
      if (moments.length === 0) return
      const just = Math.min(...moments) - 1
      if (just > story.now)
        expect(applyDue(run, { workflow, settings, now: just, family: NO_FAMILY }).events).toEqual([])
    }),
    RUNS,
  )
})

test('a command is offered exactly where it would be accepted', () => {
  fc.assert(
    play((story, command) => {
      story.decide(command)
      const { run, workflow } = story
      const offered = allowedCommands(run, story, actorOf('adam', 'ADMIN'))
      const keys = workflow.phases.map(({ key }) => key)
      const fence = run.claim?.fence ?? null
      const tries: Partial<Record<RunCommand, Command[]>> = {
        CLAIM: [ask('claimRun')],
        RELEASE: [ask('releaseRun', { fence: fence ?? 0 })],
        PAUSE: [ask('pauseRun')],
        RESUME: [ask('resumeRun')],
        CANCEL: [ask('cancelRun')],
        CONFIRM_CANCEL: [ask('confirmCancel', { fence: fence ?? 0 })],
        DELETE: [ask('deleteRun')],
        COMPLETE: [ask('completeRun', { fence })],
        FAIL: [ask('failRun', { fence })],
        START_PHASE: keys.flatMap((phase) => [
          ask('startPhase', { phase, fence }),
          ask('startPhase', { phase, fence, isRepair: true }),
        ]),
        FAIL_PHASE: keys.map((phase) => ask('failPhase', { phase, fence })),
        ADVANCE_PHASE: keys.map((to) => ask('advancePhase', { to, fence })),
        COMPLETE_ROUND: [ask('completeRound', { fence })],
        SUBMIT_ARTIFACT: keys.map((phase) =>
          ask('submitArtifact', { phase, fence, sha256: `of ${phase} now` }),
        ),
        REQUEST_APPROVAL: [ask('requestApproval', { fence })],
        DECIDE_APPROVAL: run.approvals.flatMap(({ id: approvalId, digest }) =>
          (['APPROVE', 'ABORT', 'DENY', 'DECLINE'] as const).map((decision) =>
            ask('decideApproval', { approvalId, digest, decision }),
          ),
        ),
        WITHDRAW_APPROVAL: run.approvals.map(({ id: approvalId }) =>
          ask('withdrawApproval', { approvalId, fence }),
        ),
        SEND_MESSAGE: [ask('sendMessage', { messageId: 'msg_now' })],
      }
      const accepted = (one: Command) => {
        const result = story.wouldBe(one)
        return result.ok && (result.changed || result.deleted)
      }
      const acceptable = Object.entries(tries).flatMap(([name, asks]) => (asks.some(accepted) ? [name] : []))
      expect(offered.toSorted()).toEqual(acceptable.toSorted())
    }),
    RUNS,
  )
})
