import { expect } from 'vitest'
import type { Run } from '../../src/lifecycle/run.ts'
import type { ModelRun } from './modelState.ts'

/** How far the database's clock may have run ahead of the model's, in seconds: the time a history takes. */
const DRIFT = 9

/** Holds a run as it is stored against what the oracle believes of it. */
export function compareRun(believed: ModelRun, stored: Run, modelNow: number, storedNow: number): void {
  const phases = stored.phases.filter(({ round }) => round === stored.round)
  expect({
    status: stored.status,
    reason: stored.reason,
    confirmed: stored.cancelConfirmed,
    epoch: stored.epoch,
    fence: stored.fence,
    claim: stored.claim && {
      owner: stored.claim.owner,
      fence: stored.claim.fence,
      seconds: stored.claim.seconds,
    },
    resumes: stored.resumes,
    takeovers: stored.takeovers,
    round: stored.round,
    roundsDone: stored.completedRound,
    roundComplete: stored.roundComplete,
    at: stored.currentPhase,
    phases: Object.fromEntries(phases.map(({ key, status, attempts }) => [key, { status, attempts }])),
    executions: Object.fromEntries(stored.executions.map(({ id, end }) => [id, end])),
    settled: stored.settledAt !== null,
  }).toEqual({
    status: believed.status,
    reason: believed.reason,
    confirmed: believed.confirmed,
    epoch: believed.epoch,
    fence: believed.fence,
    claim: believed.claim && {
      owner: believed.claim.owner,
      fence: believed.claim.fence,
      seconds: believed.claim.seconds,
    },
    resumes: believed.resumes,
    takeovers: believed.takeovers,
    round: believed.round,
    roundsDone: believed.roundsDone,
    roundComplete: believed.roundComplete,
    at: believed.at,
    phases: Object.fromEntries(
      [...believed.phases].map(([key, { status, attempts }]) => [key, { status, attempts }]),
    ),
    executions: Object.fromEntries(believed.executions.map(({ id, end }) => [id, end])),
    settled: ['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'].includes(believed.status),
  })
  const ago = (moment: number) => (storedNow - moment) / 1000
  sameMoment('its status began', ago(stored.statusAt), modelNow - believed.statusAt)
  sameMoment('its epoch began', ago(stored.epochAt), modelNow - believed.epochAt)
  sameMoment('something last happened', ago(stored.lastActivityAt), modelNow - believed.activeAt)
  const expiresAt = stored.claim?.expiresAt ?? null
  expect(expiresAt === null).toBe((believed.claim?.expiresAt ?? null) === null)
  if (expiresAt !== null)
    sameMoment('its lease expired', ago(expiresAt), modelNow - (believed.claim?.expiresAt ?? 0))
}

function sameMoment(what: string, stored: number, believed: number): void {
  const ahead = stored - believed
  if (ahead < -0.1 || ahead > DRIFT) throw new Error(`${what} ${stored} s ago, believed ${believed} s ago`)
}
