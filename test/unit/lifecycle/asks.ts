import type { CommandOf, CommandType } from '../../../src/lifecycle/run/commandInputs.ts'

/** Every command as a test asks for it: by the holder of fence 1, on no condition, with nothing said. */
const PLAIN: { readonly [T in CommandType]: CommandOf<T> } = {
  claimRun: { type: 'claimRun', owner: 'first', leaseSeconds: 30 },
  releaseRun: {
    type: 'releaseRun',
    fence: 1,
    notBefore: null,
    waitsFor: null,
    blocked: false,
    untilChildren: false,
  },
  pauseRun: { type: 'pauseRun', comment: null, ifRevision: null },
  resumeRun: { type: 'resumeRun', comment: null, claim: null, ifRevision: null },
  completeRun: { type: 'completeRun', output: null, fence: 1, ifRevision: null },
  failRun: { type: 'failRun', error: 'broken', reason: 'REPORTED_FAILURE', fence: 1 },
  cancelRun: { type: 'cancelRun', comment: null, cascade: true, ifRevision: null },
  confirmCancel: { type: 'confirmCancel', fence: 1 },
  deleteRun: { type: 'deleteRun' },
  advancePhase: { type: 'advancePhase', to: 'work', fence: 1, ifRevision: null },
  startPhase: { type: 'startPhase', phase: 'work', repair: false, because: null, fence: 1 },
  failPhase: {
    type: 'failPhase',
    phase: 'work',
    error: { class: 'RECOVERABLE', code: 'E', message: 'm', hint: null },
    recovery: null,
    fence: 1,
  },
  completeRound: { type: 'completeRound', summary: null, fence: 1 },
  startExecution: {
    type: 'startExecution',
    executionId: 'exe_1',
    phase: null,
    command: 'agent',
    pid: 7,
    fence: 1,
  },
  finishExecution: {
    type: 'finishExecution',
    executionId: 'exe_1',
    exitCode: 0,
    signal: null,
    end: 'EXITED',
  },
  openSession: {
    type: 'openSession',
    sessionId: 'ses_1',
    role: 'worker',
    adapter: 'scripted',
    handle: null,
    fence: 1,
  },
  updateSession: {
    type: 'updateSession',
    sessionId: 'ses_1',
    status: 'BOOTSTRAPPING',
    detail: null,
    fence: 1,
  },
  recordPrompt: {
    type: 'recordPrompt',
    sessionId: 'ses_1',
    phase: 'work',
    dedupKey: 'first',
    stage: 'SENDING',
    repair: false,
    fence: 1,
  },
  submitArtifact: {
    type: 'submitArtifact',
    artifactId: 'art_1',
    phase: 'work',
    path: 'work.json',
    sha256: 'a1',
    size: 2,
    problems: [],
    fence: 1,
  },
  requestApproval: {
    type: 'requestApproval',
    phase: null,
    gate: 'gate',
    kind: 'REVIEW',
    question: 'Shall it go on?',
    payload: null,
    approvers: [],
    allowSelfApproval: true,
    expiresInSeconds: null,
    onExpiry: 'WAIT',
    fence: 1,
  },
  decideApproval: {
    type: 'decideApproval',
    approvalId: 'apr_1',
    decision: 'APPROVE',
    digest: 'digest',
    comment: null,
  },
  sendMessage: { type: 'sendMessage', messageId: 'msg_1', text: 'hurry', mode: 'STEER' },
  acknowledgeMessage: { type: 'acknowledgeMessage', messageId: 'msg_1', receipt: 'DELIVERED', fence: 1 },
  detachRun: { type: 'detachRun', comment: null, ifRevision: null },
  noteChildStarted: { type: 'noteChildStarted', childId: 'run_2', epoch: 1 },
  noteChildDetached: { type: 'noteChildDetached', childId: 'run_2' },
  noteChild: { type: 'noteChild', childId: 'run_2', status: 'COMPLETED', reason: 'COMPLETED', epoch: 1 },
  sweep: { type: 'sweep' },
}

/** A command, plain but for what is chosen otherwise. */
export function ask<T extends CommandType>(type: T, choices: Partial<CommandOf<T>> = {}): CommandOf<T> {
  return { ...PLAIN[type], ...choices }
}

/** A resume that claims as well. */
export const resumeAndClaim = ask('resumeRun', { claim: { owner: 'next', leaseSeconds: 30 } })
