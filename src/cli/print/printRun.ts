import type { Execution, Phase, Run, RunDetail, Session } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { describeRemoval } from './printRemoval.ts'
import { printPairs, printTable } from '../terminal/table.ts'
import { between, formatAge, formatDuration, formatTime } from '../terminal/times.ts'
import { padToWidth, safeText, widthOf } from '../terminal/width.ts'
import { paintOutcome, paintPhase, paintStatus, phaseMark } from '../terminal/words.ts'

/** One line with a run's id, status and phase. */
export function printRunLine(printer: Printer, run: Run): void {
  const phase = run.isSettled ? '' : ` at ${run.currentPhase?.key ?? 'no phase'}`
  printer.line(`${printer.colors.bold(printer.ids(run.id))}  ${paintStatus(printer.colors, run)}${phase}`)
}

/** A table of runs, one a line. */
export function printRuns(printer: Printer, runs: readonly Run[]): void {
  const rows = runs.map((run) => [
    printer.ids(run.id),
    paintStatus(printer.colors, run),
    run.workflow.name,
    describePlace(run),
    run.lease?.isLive ? safeText(run.lease.owner) : '',
    formatDuration(between(run.createdAt, run.asOf)),
    safeText(run.title ?? ''),
  ])
  const givesWay = ['OWNER', 'WORKFLOW', 'PHASE', 'AGE']
  printTable(printer, ['RUN', 'STATUS', 'WORKFLOW', 'PHASE', 'OWNER', 'AGE', 'TITLE'], rows, { givesWay })
}

/** The phase at which a run stands, and for how long nobody may claim it yet. */
function describePlace(run: Run): string {
  if (run.isSettled) return ''
  const key = run.currentPhase?.key ?? ''
  const wait = waitOf(run)
  return wait === null ? key : `${key} (waits ${wait})`
}

/** The main properties of a run, and its phases. */
export function printRun(printer: Printer, run: RunDetail): void {
  const { colors } = printer
  printer.line(
    `${colors.bold(printer.ids(run.id))}  ${paintStatus(colors, run)}${run.title ? `  ${safeText(run.title)}` : ''}`,
  )
  printPairs(printer, [
    ['workflow', `${run.workflow.name} v${run.workflow.version}`],
    ['project', safeText(run.project)],
    ['labels', run.labels.map(safeText).join(', ')],
    ['key', run.concurrencyKey && safeText(run.concurrencyKey)],
    ['outcome', run.outcome && paintOutcome(colors, run.outcome)],
    ['error', run.error && colors.red(safeText(run.error))],
    ['cancel', describeCancel(run)],
    ['owner', describeOwner(run)],
    ['waits until', describeWait(run)],
    ['place', `epoch ${run.epoch}, revision ${run.revision}, round ${run.round}`],
    ['created', formatAge(run.createdAt, run.asOf)],
    ['took', run.startedAt && formatDuration(between(run.startedAt, run.settledAt ?? run.asOf))],
    ['parent', run.parent && `${printer.ids(run.parent.id)}${run.isDetached ? '  (detached)' : ''}`],
    ['continues', run.continues && printer.ids(run.continues.id)],
    ['continued by', run.continuedBy && `${printer.ids(run.continuedBy.id)} (${run.continuedBy.status})`],
    ['next', run.nextAction === 'NONE' ? null : run.nextAction],
    [
      'content',
      run.contentRemoval && `${describeRemoval(run.contentRemoval)}; what happened stays, with the hashes`,
    ],
  ])
  printer.line()
  printPhases(printer, run.phases, run.asOf)
}

/** The phases of a round, each with its mark, duration and attempts. */
export function printPhases(printer: Printer, phases: readonly Phase[], asOf: string): void {
  for (const line of phaseLines(printer.colors, phases, asOf)) printer.line(line)
}

/** As `printPhases`, but returns the lines. */
export function phaseLines(colors: Colors, phases: readonly Phase[], asOf: string): string[] {
  const width = Math.max(0, ...phases.map(({ key }) => widthOf(key)))
  return phases.map((phase) => {
    const took = phase.startedAt ? formatDuration(between(phase.startedAt, phase.endedAt ?? asOf)) : ''
    const attempts = phase.attempts > 1 ? `attempt ${phase.attempts}` : ''
    const error = phase.error ? `${phase.error.code}: ${safeText(phase.error.message)}` : ''
    const more = [took, attempts, error].filter(Boolean).join('  ')
    const key = paintPhase(colors, phase.status, padToWidth(phase.key, width))
    return `  ${phaseMark(colors, phase.status)} ${key}  ${colors.dim(more)}`.trimEnd()
  })
}

/** Processes launched for a run, and their outcomes. */
export function printExecutions(printer: Printer, executions: readonly Execution[]): void {
  const rows = executions.map((execution) => [
    printer.ids(execution.id),
    execution.outcome ? paintOutcome(printer.colors, execution.outcome) : printer.colors.cyan('in flight'),
    execution.end ?? '',
    execution.signal ?? (execution.exitCode === null ? '' : String(execution.exitCode)),
    safeText(execution.command),
  ])
  printTable(printer, ['EXECUTION', 'OUTCOME', 'END', 'EXIT', 'COMMAND'], rows)
}

/** The agent sessions of a run. */
export function printSessions(printer: Printer, sessions: readonly Session[]): void {
  const rows = sessions.map(({ id, role, status, adapter, recoveryAttempts, lastPromptStage }) => [
    printer.ids(id),
    safeText(role),
    status,
    safeText(adapter),
    lastPromptStage ?? '',
    recoveryAttempts > 0 ? String(recoveryAttempts) : '',
  ])
  printTable(printer, ['SESSION', 'ROLE', 'STATUS', 'ADAPTER', 'PROMPT', 'RECOVERED'], rows)
}

function describeOwner({ lease, asOf }: Run): string | null {
  if (!lease?.isLive) return null
  const until = lease.expiresAt
    ? `lease ends in ${formatDuration(between(asOf, lease.expiresAt))} unless renewed`
    : 'no lease'
  return `${safeText(lease.owner)}, fence ${lease.fence} (${until})`
}

/** For how long nobody may claim a run yet; null where anybody may. */
function waitOf({ claimableAt, asOf }: Run): string | null {
  return claimableAt !== null && claimableAt > asOf ? formatDuration(between(asOf, claimableAt)) : null
}

function describeWait(run: Run): string | null {
  const wait = waitOf(run)
  const why = run.waitsFor === null ? '' : `: ${safeText(run.waitsFor)}`
  return wait === null || run.claimableAt === null
    ? null
    : `${formatTime(run.claimableAt)} (in ${wait})${why}`
}

function describeCancel({ isCancelConfirmed: cancelConfirmed }: Run): string | null {
  if (cancelConfirmed === null) return null
  return cancelConfirmed ? 'confirmed: its processes are gone' : 'not confirmed by an owner'
}
