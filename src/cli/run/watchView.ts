import type { Approval, RunDetail, RunEvent } from '@pawl/sdk'
import { nextStepOf } from '../kit/nextStep.ts'
import type { Colors } from '../terminal/printer.ts'
import { between, formatClock, formatDuration } from '../terminal/times.ts'
import { plain } from '../terminal/width.ts'
import { paintStatus } from '../terminal/words.ts'
import { eventLine } from './eventLine.ts'
import { phaseLines } from '../print/printRun.ts'

/** What the live view shows. */
export interface WatchState {
  readonly run: RunDetail
  readonly events: readonly RunEvent[]
  /** The approval that the run waits for. */
  readonly approval: Approval | null
  /** Texts of the messages that its agent has not taken in, the newest last. */
  readonly messages: readonly string[]
  readonly isConnected: boolean
  /** The server's clock, as far as it is known here. */
  readonly now: string
}

/** The live view's lines, as many as there is room for: events give way first, the oldest before the others. */
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
  const elapsed = run.startedAt ? formatClock(between(run.startedAt, run.settledAt ?? now)) : 'not begun'
  const title = run.title ? `  ${plain(run.title)}` : ''
  return `${colors.bold(run.workflow.name)}${title}  ${colors.dim(elapsed)}`
}

function statusLine(colors: Colors, { run, isConnected, now }: WatchState): string {
  const parts = [
    paintStatus(colors, run),
    run.round > 1 ? `round ${run.round}` : null,
    run.epoch > 1 ? `epoch ${run.epoch}` : null,
    describeLease(run, now),
    isConnected ? null : colors.yellow('connection lost, trying again'),
  ]
  return `${colors.dim(run.id)}  ${parts.filter(Boolean).join(colors.dim(' · '))}`
}

function describeLease({ lease }: RunDetail, now: string): string | null {
  if (!lease?.isLive) return null
  const left = lease.expiresAt ? ` (lease ${formatDuration(between(now, lease.expiresAt))})` : ''
  return `${plain(lease.owner)}${left}`
}

/** What waits for somebody: a question for a person, text for the agent. */
function waitingLines(colors: Colors, { approval, messages }: WatchState): string[] {
  const told = messages.map((text) => `${colors.magenta('told')}  ${plain(text)}`)
  return approval ? [...told, `${colors.yellow('asked')} ${colors.bold(plain(approval.question))}`] : told
}

/** What went wrong, where something did, and what to do now. */
function footLines(colors: Colors, { run, approval }: WatchState): string[] {
  const { say, command } = nextStepOf(run, approval)
  const next = `${colors.dim('next')}  ${say}${command ? `  ${colors.bold(command)}` : ''}`
  return run.error ? [colors.red(plain(run.error)), next] : [next]
}
