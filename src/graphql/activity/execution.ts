import { outcomeOfExecution } from '../../lifecycle/run/outcome.ts'
import type { Execution } from '../../lifecycle/run/run.ts'
import type { Outcome as OutcomeWord } from '../../lifecycle/run/enums.ts'
import { builder } from '../kit/builder.ts'
import { type Connection, connectionOf } from '../kit/connection.ts'
import { type GraphContext, assertVisible } from '../request/context.ts'
import { ExecutionEnd, Outcome } from '../enums/runEnums.ts'
import { ExecutionRef, NodeRef, type PhaseNode, PhaseRef, RunRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

builder.objectType(ExecutionRef, {
  description: 'One operating-system process launched for a run, or for none.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `exe_…`.' }),
    run: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run it works for.',
      extensions: statementCost(1),
      resolve: ({ runId }, _, context) => loadRun(runId, context),
    }),
    phase: t.field({
      type: PhaseRef,
      nullable: true,
      description: 'The phase it works on.',
      extensions: statementCost(2),
      resolve: loadPhase,
    }),
    epoch: t.exposeInt('epoch', { nullable: true, description: "The run's epoch when it was launched." }),
    attempt: t.exposeInt('attempt', {
      nullable: true,
      description: 'The attempt of the phase it was launched for.',
    }),
    fence: t.exposeInt('fence', {
      nullable: true,
      description:
        'The fence of the claim it was started under, which may report its end; null for an execution without a run.',
    }),
    command: t.exposeString('command', { description: 'What was launched.' }),
    pid: t.exposeInt('pid', { nullable: true, description: 'Its process id on the machine it ran on.' }),
    exitCode: t.exposeInt('exitCode', {
      nullable: true,
      description: 'Its exit code. It is not evidence: see `outcome`.',
    }),
    signal: t.exposeString('signal', { nullable: true, description: 'The signal that ended it.' }),
    end: t.expose('end', {
      type: ExecutionEnd,
      nullable: true,
      description: 'How it ended; null while in flight.',
    }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'Its outcome, by the current rule; null while in flight.',
      extensions: statementCost(2),
      resolve: readOutcome,
    }),
    startedBy: t.exposeString('startedBy', { description: 'Name of the principal that launched it.' }),
    startedById: t.exposeID('startedById', {
      nullable: true,
      description: 'The principal that launched it; null where the log is of before there were any.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was recorded as launched.' }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its end was recorded.',
    }),
  }),
})

/** A page of executions, which may end before it is full. */
export interface ExecutionsShape extends Connection<Execution> {
  /** Whether it ends because enough executions were looked through, not because it is full or nothing more is there. */
  readonly isCut?: boolean
}

export const ExecutionConnection = connectionOf<Execution, ExecutionsShape>(
  'Execution',
  ExecutionRef,
  (t) => ({
    isCut: t.boolean({
      description:
        'Whether the page is short, or empty, because enough executions were looked through for some of the outcomes: read on from its cursor.',
      resolve: ({ isCut = false }) => isCut,
    }),
  }),
)

/**
 * Returns the outcome of an execution, from its run and the attempts of its phase; null for an AGENT token whose
 * claim is over, which may not see the run.
 */
export async function readOutcome(
  execution: Execution,
  _: unknown,
  { reads, isLive }: GraphContext,
): Promise<OutcomeWord | null> {
  const { runId, phaseId } = execution
  // the outcome of a process would reveal the status of its run
  if (!isLive) return null
  const [run, attempts] = await Promise.all([
    runId === null ? null : reads.run.load(runId),
    phaseId === null ? [] : reads.attempts.load(phaseId),
  ])
  return outcomeOfExecution(execution, { run: run?.run ?? null, attempts })
}

async function loadRun(runId: string | null, context: GraphContext) {
  return runId === null ? null : assertVisible(await context.reads.run.load(runId), context)
}

async function loadPhase(
  { runId, phaseId }: Execution,
  _: unknown,
  context: GraphContext,
): Promise<PhaseNode | null> {
  const loaded = await loadRun(runId, context)
  return loaded && phaseId !== null ? findPhaseOf(loaded, phaseId, context) : null
}

/** Finds a phase of a run that was read, including earlier rounds. */
export async function findPhaseOf(
  { run, workflow }: NonNullable<Awaited<ReturnType<typeof loadRun>>>,
  phaseId: string,
  { reads }: GraphContext,
): Promise<PhaseNode | null> {
  const present = run.phases.find(({ id }) => id === phaseId)
  const phase = present ?? (await reads.phase.load(phaseId))?.phase
  return phase ? { runId: run.id, phase, workflow } : null
}
