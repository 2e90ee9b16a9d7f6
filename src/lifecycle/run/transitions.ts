import { RUN_STATUSES, type RunCommand, type RunStatus } from './words.ts'

/**
 * The table of transitions: for every command, and for what the server does by itself, which statuses admit it and
 * which it may lead to. Rules that look at more than the status live in the `decide` functions; none of them keeps a
 * list of statuses of its own.
 */

/** What the server does by itself, when it is due. */
export type DueCommand = 'LAPSE' | 'TIMEOUT' | 'EXPIRE'

/** Where a command may lead from one status; an empty cell is a refusal. */
type Cell = readonly RunStatus[]
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const __: Cell = []
const queued: Cell = ['QUEUED']
const running: Cell = ['RUNNING']
const awaiting: Cell = ['AWAITING_APPROVAL']
const paused: Cell = ['PAUSED']
const asking: Cell = ['AWAITING_APPROVAL', 'PAUSED']
const cancel: Cell = ['CANCELLING', 'CANCELLED']
const canceled: Cell = ['CANCELLED']
const complete: Cell = ['COMPLETED']
const failed: Cell = ['FAILED']
const expired: Cell = ['EXPIRED']
const restart: Cell = ['QUEUED', 'RUNNING']
const unpause: Cell = ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL']
const decided: Cell = ['QUEUED', 'RUNNING', 'FAILED']
const decidedPaused: Cell = ['PAUSED', 'QUEUED', 'RUNNING', 'FAILED']
const lapsed: Cell = ['FAILED', 'QUEUED']
const stays = {
  running,
  awaiting,
  paused,
  completed: complete,
  failed,
  cancelled: canceled,
  expired,
}

// oxfmt-ignore
export const TRANSITIONS = {
  //                QUEUED    RUNNING   AWAITING_APPROVAL PAUSED       CANCELLING COMPLETED        FAILED        CANCELLED        EXPIRED
  CLAIM:           [running,  __,       __,               __,            __,       __,              __,           __,              __],
  RELEASE:         [__,       queued,   stays.awaiting,   stays.paused,  canceled, stays.completed, stays.failed, stays.cancelled, stays.expired],
  PAUSE:           [paused,   paused,   paused,           __,            __,       __,              __,           __,              __],
  RESUME:          [__,       restart,  __,               unpause,       __,       __,              restart,      __,              __],
  CANCEL:          [canceled, cancel,   cancel,           cancel,        __,       __,              cancel,       __,              __],
  CONFIRM_CANCEL:  [__,       __,       __,               __,            canceled, __,              __,           __,              __],
  DELETE:          [__,       __,       __,               __,            __,       stays.completed, stays.failed, stays.cancelled, stays.expired],
  COMPLETE:        [__,       complete, __,               __,            __,       __,              __,           __,              __],
  FAIL:            [failed,   failed,   __,               __,            __,       __,              __,           __,              __],
  START_PHASE:     [__,       running,  __,               __,            __,       __,              __,           __,              __],
  FAIL_PHASE:      [__,       running,  __,               __,            __,       __,              __,           __,              __],
  ADVANCE_PHASE:   [__,       running,  __,               __,            __,       __,              __,           __,              __],
  COMPLETE_ROUND:  [__,       running,  __,               __,            __,       __,              __,           __,              __],
  SUBMIT_ARTIFACT: [__,       running,  __,               __,            __,       __,              __,           __,              __],
  REQUEST_APPROVAL:[__,       asking,   __,               __,            __,       __,              __,           __,              __],
  DECIDE_APPROVAL: [__,       __,       decided,          decidedPaused, __,       __,              __,           __,              __],
  SEND_MESSAGE:    [queued,   running,  awaiting,         paused,        __,       __,              __,           __,              __],
  DETACH:          [queued,   running,  awaiting,         paused,        __,       __,              __,           __,              __],
  LAPSE:           [__,       lapsed,   awaiting,         paused,        canceled, __,              __,           __,              __],
  TIMEOUT:         [failed,   failed,   failed,           failed,        __,       __,              __,           __,              __],
  EXPIRE:          [expired,  __,       expired,          expired,       __,       __,              __,           __,              __],
} as const satisfies Record<RunCommand | DueCommand, Row>

/** Where `command` may lead from `status`; empty where the status does not admit it. */
export function targetsOf(command: RunCommand | DueCommand, status: RunStatus): readonly RunStatus[] {
  return TRANSITIONS[command][RUN_STATUSES.indexOf(status)] ?? __
}

/** True where the status admits the command, whatever else it may need. */
export function admits(command: RunCommand | DueCommand, status: RunStatus): boolean {
  return targetsOf(command, status).length > 0
}
