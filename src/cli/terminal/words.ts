import type { Outcome, PhaseStatus, RunReason, RunStatus } from '@pawl/sdk'
import type { Colors } from './printer.ts'

type Paint = (colors: Colors, text: string) => string

const RUN_PAINT: Readonly<Record<RunStatus, Paint>> = {
  QUEUED: (c, text) => c.blue(text),
  RUNNING: (c, text) => c.cyan(text),
  AWAITING_APPROVAL: (c, text) => c.yellow(text),
  PAUSED: (c, text) => c.yellow(text),
  CANCELLING: (c, text) => c.magenta(text),
  COMPLETED: (c, text) => c.green(text),
  FAILED: (c, text) => c.red(text),
  CANCELLED: (c, text) => c.dim(text),
  EXPIRED: (c, text) => c.dim(text),
}

const OUTCOME_PAINT: Readonly<Record<Outcome, Paint>> = {
  SUCCESS: (c, text) => c.green(text),
  INCOMPLETE: (c, text) => c.yellow(text),
  FAILED: (c, text) => c.red(text),
  CANCELLED: (c, text) => c.dim(text),
}

const PHASE_MARKS: Readonly<Record<PhaseStatus, readonly [mark: string, Paint]>> = {
  PENDING: ['·', (c, text) => c.dim(text)],
  RUNNING: ['▸', (c, text) => c.cyan(text)],
  AWAITING_ARTIFACT: ['▸', (c, text) => c.cyan(text)],
  AWAITING_APPROVAL: ['?', (c, text) => c.yellow(text)],
  COMPLETED: ['✔', (c, text) => c.green(text)],
  FAILED: ['✘', (c, text) => c.red(text)],
  CANCELLED: ['✘', (c, text) => c.dim(text)],
  SKIPPED: ['-', (c, text) => c.dim(text)],
}

/** All statuses of a run. */
export const RUN_STATUSES = Object.keys(RUN_PAINT) as readonly RunStatus[]

/** All outcomes. */
export const OUTCOMES = Object.keys(OUTCOME_PAINT) as readonly Outcome[]

/** A run's status in its colour, with the reason if it differs. A status that only a newer server knows has no colour. */
export function paintStatus(
  colors: Colors,
  run: { status: RunStatus; reason?: RunReason | null; outcome?: Outcome | null },
): string {
  const isIncomplete = run.outcome === 'INCOMPLETE'
  const paint = isIncomplete ? OUTCOME_PAINT.INCOMPLETE : RUN_PAINT[run.status]
  const more = run.reason && run.reason !== run.status ? ` (${run.reason})` : ''
  return paint ? paint(colors, run.status + more) : run.status + more
}

/** An outcome in its colour. */
export function paintOutcome(colors: Colors, outcome: Outcome): string {
  return OUTCOME_PAINT[outcome]?.(colors, outcome) ?? outcome
}

/** The mark in front of a phase, in its colour. */
export function phaseMark(colors: Colors, status: PhaseStatus): string {
  const [mark, paint] = PHASE_MARKS[status] ?? ['·', (_: Colors, text: string) => text]
  return paint(colors, mark)
}

/** Text in the colour of a phase's status. */
export function paintPhase(colors: Colors, status: PhaseStatus, text: string): string {
  return PHASE_MARKS[status]?.[1](colors, text) ?? text
}
