import type { Role, RunCommand } from './words.ts'

/** Everything a caller may ask for that changes something, or shows more than runs. */
export type Operation =
  | 'registerWorkflow'
  | 'startRun'
  | 'claimRun'
  | 'renewLease'
  | 'releaseRun'
  | 'pauseRun'
  | 'resumeRun'
  | 'completeRun'
  | 'failRun'
  | 'cancelRun'
  | 'detachRun'
  | 'confirmCancel'
  | 'deleteRun'
  | 'advancePhase'
  | 'startPhase'
  | 'failPhase'
  | 'completeRound'
  | 'startExecution'
  | 'finishExecution'
  | 'touchExecution'
  | 'openSession'
  | 'updateSession'
  | 'recordPrompt'
  | 'appendTranscript'
  | 'submitArtifact'
  | 'requestApproval'
  | 'decideApproval'
  | 'sendMessage'
  | 'acknowledgeMessage'
  | 'recordWorkspace'
  | 'requestWorkspaceOperation'
  | 'startWorkspaceOperation'
  | 'finishWorkspaceOperation'
  | 'reportPreview'
  | 'noteChild'
  | 'sweep'
  | 'doctor'
  | 'manageTokens'

type Roles = readonly [Role, ...Role[]]

const operator: Roles = ['OPERATOR', 'ADMIN']
const worker: Roles = ['WORKER', 'ADMIN']
const either: Roles = ['OPERATOR', 'WORKER', 'ADMIN']
const driver: Roles = ['WORKER', 'AGENT', 'ADMIN']
const finisher: Roles = ['WORKER', 'AGENT', 'OPERATOR', 'ADMIN']
const admin: Roles = ['ADMIN']

/** Who may do what; the first role named is the one to ask for. */
export const AUTHORITY = {
  registerWorkflow: operator,
  startRun: either,
  claimRun: worker,
  renewLease: worker,
  releaseRun: worker,
  pauseRun: operator,
  resumeRun: either,
  completeRun: driver,
  failRun: driver,
  cancelRun: operator,
  detachRun: operator,
  confirmCancel: worker,
  deleteRun: operator,
  advancePhase: driver,
  startPhase: driver,
  failPhase: driver,
  completeRound: driver,
  startExecution: driver,
  finishExecution: finisher,
  touchExecution: driver,
  openSession: driver,
  updateSession: driver,
  recordPrompt: driver,
  appendTranscript: driver,
  submitArtifact: driver,
  requestApproval: driver,
  decideApproval: operator,
  sendMessage: operator,
  acknowledgeMessage: driver,
  recordWorkspace: worker,
  requestWorkspaceOperation: operator,
  startWorkspaceOperation: worker,
  finishWorkspaceOperation: worker,
  reportPreview: worker,
  noteChild: admin,
  sweep: admin,
  doctor: admin,
  manageTokens: admin,
} as const satisfies Record<Operation, Roles>

/** The operation behind each command that a viewer may be offered. */
export const OPERATION_OF = {
  CLAIM: 'claimRun',
  RELEASE: 'releaseRun',
  PAUSE: 'pauseRun',
  RESUME: 'resumeRun',
  CANCEL: 'cancelRun',
  CONFIRM_CANCEL: 'confirmCancel',
  DELETE: 'deleteRun',
  COMPLETE: 'completeRun',
  FAIL: 'failRun',
  START_PHASE: 'startPhase',
  FAIL_PHASE: 'failPhase',
  ADVANCE_PHASE: 'advancePhase',
  COMPLETE_ROUND: 'completeRound',
  SUBMIT_ARTIFACT: 'submitArtifact',
  REQUEST_APPROVAL: 'requestApproval',
  DECIDE_APPROVAL: 'decideApproval',
  SEND_MESSAGE: 'sendMessage',
  DETACH: 'detachRun',
} as const satisfies Record<RunCommand, Operation>

/** Whether a name is that of an operation. */
export function isOperation(name: string): name is Operation {
  return Object.hasOwn(AUTHORITY, name)
}

/** True where the role may ask for the operation at all. */
export function mayDo(role: Role, operation: Operation): boolean {
  return (AUTHORITY[operation] as readonly Role[]).includes(role)
}

/** The least role that may ask for the operation. */
export function roleFor(operation: Operation): Role {
  return AUTHORITY[operation][0]
}
