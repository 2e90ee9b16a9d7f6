import type { RunEvent } from '../run/events.ts'
import { evolve } from './evolve.ts'
import { removeContent } from './removeContent.ts'
import { differingPaths } from './differingPaths.ts'
import type { Claim, Execution, Json, Run } from '../run/run.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'
import { isFinalStatus, isSettledStatus } from '../run/enums.ts'

/** The result of verifying one run: whether its rows equal the fold of its log, and how many events were folded. */
export interface Verification {
  readonly consistent: boolean
  /** The differences, each as text with the guarantee it breaks. */
  readonly differences: readonly Difference[]
  readonly eventsChecked: number
}

/** One violation of a guarantee. */
export interface Difference {
  readonly guarantee: 'G2' | 'G6'
  readonly detail: string
}

/**
 * Compares the rows of a run with its log: `seq` is 1..n without gaps and the last one is the run's revision (G6),
 * nothing follows a settled status within its epoch (G2), and the rows equal the fold (G6). Lease expiry, the end of
 * a grace period and the activity time are not part of the log, nor are facts reported after the end.
 *
 * @param stored the run with all of its phases and executions, not only those in flight
 */
export function verifyLog(
  stored: Run,
  events: readonly RunEvent[],
  workflow: WorkflowDefinition,
): Verification {
  const differences = checkSequence(stored, events)
  let run: Run | null = null
  try {
    for (const event of events) {
      if (run) differences.push(...checkEpoch(run, event))
      run = evolve(run, event, stored.id, workflow)
    }
  } catch (error) {
    differences.push({ guarantee: 'G6', detail: `the log can't be folded: ${String(error)}` })
  }
  if (run && differences.length === 0) {
    const told = recordsChain(events) ? run : { ...run, chainId: stored.chainId }
    const paths = differingPaths(toComparable(told, stored), toComparable(stored, stored))
    differences.push(
      ...paths.map((path) => ({ guarantee: 'G6' as const, detail: `${path} is not what the log says` })),
    )
  }
  if (stored.contentRemovedAt !== null) differences.push(...checkRemoval(events))
  return { consistent: differences.length === 0, differences, eventsChecked: events.length }
}

/** A run whose content was removed has none in its log. */
function checkRemoval(events: readonly RunEvent[]): Difference[] {
  const left = events.filter((event) => !isBare(event))
  return left.map(({ seq, type }) => ({
    guarantee: 'G6',
    detail: `the content was removed, but event ${seq} ${type} still has some`,
  }))
}

function isBare(event: RunEvent): boolean {
  const toJson = ({ payload }: RunEvent) => JSON.parse(JSON.stringify(payload)) as Json
  return differingPaths(toJson(removeContent(event)), toJson(event)).length === 0
}

/** Logs of earlier versions do not record the chain; there only the row has it. */
function recordsChain([first]: readonly RunEvent[]): boolean {
  return first?.type === 'run.created' && first.payload.chainId !== undefined
}

function checkSequence(stored: Run, events: readonly RunEvent[]): Difference[] {
  const gaps = events.flatMap(({ seq }, index) =>
    seq === index + 1 ? [] : [`found event ${seq} where ${index + 1} was expected`],
  )
  if (events.length !== stored.revision) gaps.push(`${events.length} events, but revision ${stored.revision}`)
  return gaps.map((detail) => ({ guarantee: 'G6', detail }))
}

/** Nothing follows a settled status within its epoch, and only leaving a settled status begins the next epoch. */
function checkEpoch(before: Run, event: RunEvent): Difference[] {
  const settled = isSettledStatus(before.status)
  const where = `event ${event.seq} ${event.type} follows ${before.status} of epoch ${before.epoch}`
  if (isFinalStatus(before.status)) return [{ guarantee: 'G2', detail: `${where}, which is final` }]
  if (event.epoch === before.epoch + (settled ? 1 : 0)) return []
  const detail = settled ? `${where} within the epoch` : `${where} in epoch ${event.epoch}`
  return [{ guarantee: 'G2', detail }]
}

/** The run without the parts that are not in the log, in an order independent of how it was read. */
function toComparable(run: Run, stored: Run): Json {
  const {
    lastActivityAt: _activity,
    contentRemovedAt: _removedAt,
    contentRemovedBy: _removedBy,
    contentRemovedById: _removedById,
    claim,
    grace,
    phases,
    executions,
    ...row
  } = run
  // a claim on a settled run ends without an event
  const ended = stored.settledAt !== null && stored.claim === null
  const held = claim && !ended ? withoutExpiry(claim) : null
  const lateIds = new Set(stored.executions.filter(({ late }) => late).map(({ id }) => id))
  return JSON.parse(
    JSON.stringify({
      ...row,
      claim: held,
      grace: grace?.seconds ?? null,
      phases: Object.fromEntries(phases.map((phase) => [phase.id, phase])),
      executions: Object.fromEntries(
        executions.map((each) => [each.id, lateIds.has(each.id) ? withoutEnd(each) : each]),
      ),
    }),
  ) as Json
}

/** A claim without its expiry. */
function withoutExpiry({ expiresAt: _expiresAt, ...claim }: Claim) {
  return claim
}

/** An execution without its end, if that end was reported as a fact outside the log. */
function withoutEnd(execution: Execution) {
  const {
    exitCode: _code,
    signal: _signal,
    end: _end,
    endedAt: _endedAt,
    late: _late,
    ...started
  } = execution
  return started
}
