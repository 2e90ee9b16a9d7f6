import type { Approval, RunDetail, RunEvent } from '@pawl/sdk'
import { nextStepOf } from '../kit/nextStep.ts'
import type { Colors } from '../terminal/printer.ts'
import { between, formatClock, formatDuration } from '../terminal/times.ts'
import { shortenIds } from '../terminal/shortId.ts'
import { safeText } from '../terminal/width.ts'
import { paintStatus } from '../terminal/words.ts'
import { eventLine } from './eventLine.ts'
import { phaseLines } from '../print/printRun.ts'

/** The state of the live view. */
export interface WatchState {
  readonly run: RunDetail
  readonly events: readonly RunEvent[]
  /** The approval that the run waits for. */
  readonly approval: Approval | null
  /** Texts of the messages that its agent has not read, newest last. */
  readonly messages: readonly string[]
  readonly isConnected: boolean
  /** The server's time, estimated from its last answer. */
  readonly now: string
}

/** The lines of the live view, as many as fit: the oldest events are left out first. */
export function watchLines(colors: Colors, state: WatchState, room: number): string[] {
  const { run, events, now } = state
  const head = [
    headline(colors, run, now),
    statusLine(colors, state),
    '',
    ...phaseLines(colors, run.phases, now),
    '',
  ]
  const foot = ['', ...waitingLines(colors, state), ...footLines(colors, state)]
  const space = Math.max(0, room - head.length - foot.length)
  const shown = space > 0 ? events.slice(-Math.min(space, 12)) : []
  return [...head, ...shown.map((event) => eventLine(colors, event)), ...foot]
}

function headline(colors: Colors, run: RunDetail, now: string): string {
  const elapsed = run.startedAt ? formatClock(between(run.startedAt, run.settledAt ?? now)) : 'not started'
  const title = run.title ? `  ${safeText(run.title)}` : ''
  return `${colors.bold(run.workflow.name)}${title}  ${colors.dim(elapsed)}`
}

function statusLine(colors: Colors, { run, isConnected, now }: WatchState): string {
  const parts = [
    paintStatus(colors, run),
    run.round > 1 ? `round ${run.round}` : null,
    run.epoch > 1 ? `epoch ${run.epoch}` : null,
    describeLease(run, now),
    isConnected ? null : colors.yellow('connection lost, retrying'),
  ]
  return `${colors.dim(shortenIds(run.id))}  ${parts.filter(Boolean).join(colors.dim(' · '))}`
}

function describeLease({ lease }: RunDetail, now: string): string | null {
  if (!lease?.isLive) return null
  const left = lease.expiresAt ? ` (lease ${formatDuration(between(now, lease.expiresAt))})` : ''
  return `${safeText(lease.owner)}${left}`
}

/** The pending approval, and the unread messages. */
function waitingLines(colors: Colors, { approval, messages }: WatchState): string[] {
  const told = messages.map((text) => `${colors.magenta('told')}  ${safeText(text)}`)
  return approval ? [...told, `${colors.yellow('asked')} ${colors.bold(safeText(approval.question))}`] : told
}

/** The error, if there is one, and the next step. */
function footLines(colors: Colors, { run, approval }: WatchState): string[] {
  const { say, command } = nextStepOf(run, approval)
  const next = `${colors.dim('next')}  ${say}${command ? `  ${colors.bold(shortenIds(command))}` : ''}`
  return run.error ? [colors.red(safeText(run.error)), next] : [next]
}
