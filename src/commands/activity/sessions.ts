import type { CommandOf } from '../../lifecycle/run/commandInputs.ts'
import type { Json, Run, Session } from '../../lifecycle/run/run.ts'
import type { RefusalNamed } from '../../lifecycle/run/refusals.ts'
import { asOutput, type EntryContent } from '../../lifecycle/activity/entries.ts'
import { isLiveSession } from '../../lifecycle/activity/sessions.ts'
import type { PromptStage, SessionStatus } from '../../lifecycle/run/enums.ts'
import {
  type Appended,
  appendTranscript as append,
} from '../../store/activity/transcript/appendTranscript.ts'
import { findSessions } from '../../store/activity/findWork.ts'
import { findSessionRun } from '../../store/run/findSessionRun.ts'
import { loadRuns } from '../../store/run/loadRun.ts'
import { refuse, type ResultOf, type RunSuccess } from '../kit/answers.ts'
import { checkRole, checkRun } from '../kit/authorize.ts'
import { type WorkSuccess, changeWork, withRowMade } from './changeWork.ts'
import { isClaimOver, refuseClaimOver } from '../kit/claimOver.ts'
import { changeRun } from '../run/changeRun.ts'
import { type Caller, type Commands, fenceOf, type Keyed } from '../kit/context.ts'
import { newId } from '../kit/ids.ts'
import { type DrivingInput, requestOf } from '../run/runCommands.ts'

/** A session to open in a role. */
export interface OpenSession extends DrivingInput {
  readonly role: string
  readonly adapter: string
  /** The adapter's own data; absent: an adopted session keeps its handle. */
  readonly handle?: Json | undefined
  /** The session that it has to be; absent: the live one, or a new one. */
  readonly sessionId?: string | null | undefined
}

/** The result of opening a session. */
export type OpenSessionResult = ResultOf<'openSession', WorkSuccess<Session> & { readonly created: boolean }>

/**
 * Opens the session of a role, or adopts the live one, which then carries the caller's fence. Problems:
 * IllegalSessionTransition, NotFound, RunNotActive, LeaseLost.
 */
export async function openSession(
  commands: Commands,
  caller: Caller,
  input: OpenSession,
): Promise<OpenSessionResult> {
  const command = toOpening(input, caller)
  const answer = await changeRun(commands, caller, { runId: input.runId, command, ...requestOf(input) })
  if (!answer.ok) return answer
  const row = await presentOpened(commands, answer, input.role)
  return { ...answer, row, created: answer.event?.type === 'session.opened' }
}

/** The command that the input of `openSession` asks for. */
export function toOpening(
  { role, adapter, handle = null, sessionId: only = null, fence }: Omit<OpenSession, 'runId'>,
  caller: Caller,
): CommandOf<'openSession'> {
  const sessionId = newId('session')
  return { type: 'openSession', sessionId, role, adapter, handle, only, fence: fenceOf(caller, fence) }
}

/** The session that a command has opened or adopted in a role. */
export async function presentOpened(commands: Commands, answer: RunSuccess, role: string): Promise<Session> {
  const { event, run } = answer
  const { sessions } = run.run
  const id =
    event?.type === 'session.opened' || event?.type === 'session.adopted'
      ? event.payload.id
      : (sessions.find((each) => each.role === role && isLiveSession(each))?.id ?? null)
  return (await withRowMade(commands, answer, { id, among: sessions, find: findSessions })).row
}

/** The next status of a session, as reported by its owner. */
export interface UpdateSession extends Keyed {
  readonly sessionId: string
  readonly status: SessionStatus
  readonly detail?: Json | undefined
  readonly fence?: number | null | undefined
}

/**
 * Moves a session along its transition table. Problems: IllegalSessionTransition, RunNotActive, LeaseLost,
 * NotFound.
 */
export function updateSession(
  commands: Commands,
  caller: Caller,
  input: UpdateSession,
): Promise<ResultOf<'updateSession', WorkSuccess<Session>>> {
  const { sessionId } = input
  return changeWork(commands, caller, {
    table: 'session',
    id: sessionId,
    command: toUpdate(input, caller),
    input,
    pick: (run) => pickSession(run, sessionId),
  })
}

/** The command that the input of `updateSession` asks for. */
export function toUpdate(
  { sessionId, status, detail = null, fence }: UpdateSession,
  caller: Caller,
): CommandOf<'updateSession'> {
  return { type: 'updateSession', sessionId, status, detail, fence: fenceOf(caller, fence) }
}

/** A session of a run that a command was about. */
export function pickSession({ sessions }: Run, sessionId: string): Session | undefined {
  return sessions.find(({ id }) => id === sessionId)
}

/** A prompt, recorded before and after it is sent. */
export interface RecordPrompt extends Keyed {
  readonly sessionId: string
  readonly phase: string
  readonly dedupKey: string
  readonly stage: PromptStage
  readonly isRepair?: boolean | null | undefined
  readonly fence?: number | null | undefined
}

/**
 * Records a prompt; a key that was SENT is never sent again. Problems: PromptAlreadySent, IllegalSessionTransition,
 * IllegalTransition, UnknownPhase, RunNotActive, LeaseLost, NotFound.
 */
export function recordPrompt(
  commands: Commands,
  caller: Caller,
  input: RecordPrompt,
): Promise<ResultOf<'recordPrompt', WorkSuccess<Session>>> {
  const { sessionId } = input
  return changeWork(commands, caller, {
    table: 'session',
    id: sessionId,
    command: toPrompt(input, caller),
    input,
    pick: (run) => pickSession(run, sessionId),
  })
}

/** The command that the input of `recordPrompt` asks for. */
export function toPrompt(input: RecordPrompt, caller: Caller): CommandOf<'recordPrompt'> {
  const { sessionId, phase, dedupKey, stage, isRepair } = input
  const fence = fenceOf(caller, input.fence)
  return { type: 'recordPrompt', sessionId, phase, dedupKey, stage, isRepair: isRepair ?? false, fence }
}

/** Entries of a session's transcript, numbered from `fromSeq`. */
export interface AppendTranscript {
  readonly sessionId: string
  readonly fence?: number | null | undefined
  readonly fromSeq: number
  readonly entries: readonly EntryContent[]
}

/**
 * Appends to a transcript, even after the run has settled. Entries already appended are ignored. Problems:
 * TranscriptGap with the next expected number, LeaseLost if another owner has the session, NotFound.
 */
export async function appendTranscript(
  commands: Commands,
  caller: Caller,
  input: AppendTranscript,
): Promise<ResultOf<'appendTranscript', { readonly ok: true; readonly nextSeq: number }>> {
  const { store } = commands
  const { sessionId, fromSeq } = input
  const entries = commands.hasOlderServers() ? input.entries.map(asOutput) : input.entries
  const run = await findSessionRun(store.pool, sessionId)
  if (!run) return refuse({ type: 'NotFound', kind: 'SESSION', id: sessionId })
  const denied = checkRun(caller, run) ?? checkRole(caller, 'appendTranscript')
  if (denied) return denied
  const fence = fenceOf(caller, input.fence) ?? 0
  const appended = await append(store.pool, sessionId, fence, fromSeq, entries)
  const refusal = refusalOf(appended, { ...input, fence })
  if (refusal) {
    // the run is loaded only for a refusal
    const [loaded] = await loadRuns(store.pool, store, [run.id])
    if (!loaded) return refuse({ type: 'NotFound', kind: 'SESSION', id: sessionId })
    return isClaimOver(caller, loaded.run)
      ? refuseClaimOver(caller.agent?.fence ?? fence, 'appendTranscript')
      : refuse(refusal, loaded)
  }
  commands.announce(run.id)
  return { ok: true, nextSeq: appended?.nextSeq ?? fromSeq }
}

/** Returns why nothing was appended; undefined if it was. */
function refusalOf(
  appended: Appended | null,
  { sessionId, fence, fromSeq }: AppendTranscript & { readonly fence: number },
): RefusalNamed<'NotFound' | 'LeaseLost' | 'TranscriptGap'> | undefined {
  if (!appended) return { type: 'NotFound', kind: 'SESSION', id: sessionId }
  if (appended.fence !== fence) return { type: 'LeaseLost', yourFence: fence, currentFence: appended.fence }
  return fromSeq > appended.nextSeq ? { type: 'TranscriptGap', expectedSeq: appended.nextSeq } : undefined
}
