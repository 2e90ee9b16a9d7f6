import { expect } from 'vitest'
import type { Run } from '../../src/lifecycle/run/run.ts'
import type { Answer } from './askServer.ts'
import { isActive } from './beliefs.ts'
import type { Expected, ModelRun } from './modelState.ts'
import type { StoredRun } from './readStored.ts'

/** How far the database's clock may be ahead of the model's, in seconds: the duration of a history. */
const DRIFT = 90

/** Answers about runs in general, or about rows that do not exist, contain no run. */
const SHOWS_NO_RUN: readonly string[] = [
  'NotFound',
  'Forbidden',
  'ConcurrencyConflict',
  'NothingToClaim',
  'WorkflowMismatch',
  'AlreadyContinued',
  'InvalidInput',
]

/** Compares an answer with the expected one. `run` is the model's run that it is about, at that moment. */
export function compareAnswer(expected: Expected, answer: Answer, run: ModelRun | null): void {
  if (expected.ok) {
    expect(answer).toMatchObject({ ok: true, problem: null, ...expected.told })
    if (answer.changed !== null) expect(answer.changed).toBe(expected.changed)
    if (answer.replayed !== null) expect(answer.replayed).toBe(expected.replayed)
  } else {
    const { differing, missing, allowed, withheld, ...told } = expected.told ?? {}
    expect(answer).toMatchObject({ ok: false, problem: { type: expected.type, ...told } })
    const { problem } = answer
    if (differing) {
      const fields = (problem?.differingPaths ?? []).map((path) => path.split('.')[0])
      expect([...new Set(fields)].toSorted()).toEqual(differing)
    }
    if (missing) expect(problem?.missing?.map(({ kind, phase }) => ({ kind, phase }))).toEqual(missing)
    if (allowed) expect(problem?.allowed?.toSorted()).toEqual((allowed as string[]).toSorted())
    if (withheld) expect(answer.run).toBeNull()
    else if (run && !SHOWS_NO_RUN.includes(expected.type)) expect(answer.run).not.toBeNull()
  }
  // Successes and refusals both contain the current run.
  if (answer.run && run) expect(toTruth(answer.run)).toEqual(toBelievedTruth(run))
}

const toTruth = ({ id, status, reason, epoch, revision, fence, round, currentPhase, claim }: Run) => ({
  id,
  status,
  reason,
  epoch,
  revision,
  fence,
  round,
  currentPhase,
  owner: claim?.owner ?? null,
})

const toBelievedTruth = (run: ModelRun) => ({
  id: run.id,
  status: run.status,
  reason: run.reason,
  epoch: run.epoch,
  revision: run.log.length,
  fence: run.fence,
  round: run.round,
  currentPhase: run.at,
  owner: run.claim?.owner ?? null,
})

/** Compares a stored run with the model's, including all rows below it and its log. */
export function compareRun(
  believed: ModelRun,
  { run, events, now, transcripts }: StoredRun,
  modelNow: number,
): void {
  expect(events.map(({ type, epoch, actor }) => ({ type, epoch, actor }))).toEqual(believed.log)
  const phases = run.phases.filter(({ round }) => round === run.round)
  const keys = new Map(run.phases.map(({ id, key }) => [id, key]))
  const keyOf = (id: string | null) => (id === null ? null : (keys.get(id) ?? id))
  expect({
    ...toTruth(run),
    confirmed: run.cancelConfirmed,
    claim: run.claim && { owner: run.claim.owner, fence: run.claim.fence, seconds: run.claim.seconds },
    parentId: run.parentId,
    continuesId: run.continuesId,
    chainId: run.chainId,
    depth: run.depth,
    cascade: run.cascade,
    detached: run.detached,
    awaitsChildren: run.awaitsChildren,
    isInGrace: run.grace !== null,
    resumes: run.resumes,
    takeovers: run.takeovers,
    roundsDone: run.completedRound,
    roundComplete: run.roundComplete,
    phases: byKey(
      phases,
      ({ key }) => key,
      ({ status, rejections, history }) => ({
        status,
        rejections,
        attempts: history.map(({ epoch, status }) => ({ epoch, status })),
      }),
    ),
    executions: byId(run.executions, ({ end }) => end),
    sessions: byId(run.sessions, ({ id, role, adapter, handle, status, fence, ...session }) => ({
      role,
      adapter,
      handle,
      status,
      fence,
      recoveries: session.recoveryAttempts,
      prompt: session.lastPromptKey,
      stage: session.lastPromptStage,
      sent: session.sent.map(({ key, attempt }) => ({ key, attempt })),
      entries: transcripts.get(id) ?? [],
    })),
    artifacts: byId(run.artifacts, ({ phaseId, round, attempt, path, sha256, valid }) => ({
      phase: keyOf(phaseId),
      round,
      attempt,
      path,
      sha256,
      valid,
    })),
    approvals: byId(run.approvals, ({ phaseId, status, kind, gate, attempt, digest, decidedBy }) => ({
      phase: keyOf(phaseId),
      status,
      kind,
      gate,
      attempt,
      digest,
      decidedBy,
    })),
    messages: byId(run.messages, ({ mode, status }) => ({ mode, status })),
    settled: run.settledAt !== null,
  }).toEqual({
    ...toBelievedTruth(believed),
    confirmed: believed.confirmed,
    claim: believed.claim && {
      owner: believed.claim.owner,
      fence: believed.claim.fence,
      seconds: believed.claim.seconds,
    },
    parentId: believed.parentId,
    continuesId: believed.continuesId,
    chainId: believed.chainId,
    depth: believed.depth,
    cascade: believed.cascade,
    detached: believed.detached,
    awaitsChildren: believed.awaitsChildren,
    isInGrace: believed.graceEndsAt !== null,
    resumes: believed.resumes,
    takeovers: believed.takeovers,
    roundsDone: believed.roundsDone,
    roundComplete: believed.roundComplete,
    phases: byKey(
      [...believed.phases],
      ([key]) => key,
      ([, { status, rejections, attempts }]) => ({ status, rejections, attempts }),
    ),
    executions: byId(believed.executions, ({ end }) => end),
    sessions: byId(believed.sessions, ({ id: _id, ...session }) => session),
    artifacts: byId(believed.artifacts, ({ id: _id, ...artifact }) => artifact),
    approvals: byId(believed.approvals, ({ phase, status, kind, gate, attempt, digest, decidedBy }) => ({
      phase,
      status,
      kind,
      gate,
      attempt,
      digest,
      decidedBy,
    })),
    messages: byId(believed.messages, ({ mode, status }) => ({ mode, status })),
    settled: !isActive(believed),
  })
  const ago = (moment: number) => (now - moment) / 1000
  sameMoment('its status began', ago(run.statusAt), modelNow - believed.statusAt)
  sameMoment('its epoch began', ago(run.epochAt), modelNow - believed.epochAt)
  sameMoment('something last happened', ago(run.lastActivityAt), modelNow - believed.activeAt)
  if (run.grace) sameMoment('its grace ended', ago(run.grace.endsAt), modelNow - (believed.graceEndsAt ?? 0))
  const expiresAt = run.claim?.expiresAt ?? null
  expect(expiresAt === null).toBe((believed.claim?.expiresAt ?? null) === null)
  if (expiresAt !== null)
    sameMoment('its lease expired', ago(expiresAt), modelNow - (believed.claim?.expiresAt ?? 0))
}

function byKey<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  show: (row: Row) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(rows.map((row) => [keyOf(row), show(row)]))
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[], show: (row: Row) => unknown) =>
  byKey(rows, ({ id }) => id, show)

function sameMoment(what: string, stored: number, believed: number): void {
  const ahead = stored - believed
  if (ahead < -0.1 || ahead > DRIFT) throw new Error(`${what} ${stored} s ago, believed ${believed} s ago`)
}
