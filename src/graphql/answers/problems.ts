import type { ProblemType } from '../../commands/kit/answers.ts'
import type { InputIssue } from '../../lifecycle/run/refusals.ts'
import { builder } from '../kit/builder.ts'
import { findVisible, type GraphContext } from '../request/context.ts'
import { DirectiveKind, NotResumableCause, Role } from '../enums/runEnums.ts'
import { MissingEvidence } from './evidence.ts'
import { holderField, runField, statusField, problem, type Problems } from './problem.ts'
import { WORK_PROBLEMS } from './workProblems.ts'
import { WORKSPACE_PROBLEMS } from './workspaceProblems.ts'
import { ExecutionRef, RunRef } from '../kit/refs.ts'

/** The run that continues the one a problem is about. */
const continuationField = {
  type: RunRef,
  nullable: true,
  description:
    'The run at the end of the chain that goes on from it, where that stands against it; null else, or where you may not see it.',
  resolve: ({ continuedBy }: { continuedBy: string | null }, _: unknown, context: GraphContext) =>
    findVisible(continuedBy, context),
} as const

const InputIssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One mistake in an input.',
  fields: (t) => ({
    path: t.field({
      type: ['String'],
      description: 'Where it stands, from the input down.',
      resolve: ({ path }) => [...path],
    }),
    message: t.exposeString('message', { description: 'What is wrong.' }),
  }),
})

/** Every problem, by type: a problem that commands return and the API lacks does not compile. */
export const PROBLEMS: Problems<ProblemType> = {
  ...WORK_PROBLEMS,
  ...WORKSPACE_PROBLEMS,
  InvalidInput: problem('InvalidInput', 'The input has values that are not taken.', (t) => ({
    issues: t.field({
      type: [InputIssueRef],
      description: 'Every mistake that was found.',
      resolve: ({ issues }) => [...issues],
    }),
  })),
  Forbidden: problem('Forbidden', 'The token may not do this.', (t) => ({
    requiredRole: t.expose('requiredRole', {
      type: Role,
      nullable: true,
      description: 'The role it takes; null where it is not a matter of role.',
    }),
  })),
  RunNotFound: problem('RunNotFound', 'There is no such run.', (t) => ({
    runId: t.exposeID('runId', { description: 'The id that names nothing.' }),
  })),
  RunNotActive: problem('RunNotActive', 'The status of the run does not admit this.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    directive: t.field({
      type: DirectiveKind,
      nullable: true,
      description: 'What the owner is to do, where it holds the run; null for anybody else.',
      resolve: ({ directive }) => directive ?? null,
    }),
  })),
  RevisionConflict: problem('RevisionConflict', 'The run has changed since the revision named.', (t) => ({
    run: t.field(runField),
    expected: t.exposeInt('expected', { description: 'The revision named.' }),
    actual: t.exposeInt('actual', { description: 'The revision now.' }),
  })),
  LeaseLost: problem('LeaseLost', 'Your claim does not hold the run. Stop your agent.', (t) => ({
    run: t.field(runField),
    yourFence: t.exposeInt('yourFence', { description: 'The number of your claim; 0 where you named none.' }),
    currentFence: t.exposeInt('currentFence', {
      description: 'The number of the last claim; for an AGENT token whose claim is over, that of its own.',
    }),
  })),
  IdempotencyMismatch: problem(
    'IdempotencyMismatch',
    'The idempotency key was used before, with another input.',
    (t) => ({
      differingPaths: t.field({
        type: ['String'],
        description: 'What differs, as `a.b.0`.',
        resolve: ({ differingPaths }) => [...differingPaths],
      }),
    }),
  ),
  WorkflowNotFound: problem('WorkflowNotFound', 'There is no such workflow.', (t) => ({
    name: t.exposeString('name', { description: 'The name asked for.' }),
    version: t.exposeInt('version', { nullable: true, description: 'The version asked for, if any.' }),
    known: t.field({
      type: ['String'],
      description: 'The names there are.',
      resolve: ({ known }) => [...known],
    }),
  })),
  ConcurrencyConflict: problem('ConcurrencyConflict', 'Another run holds the concurrency key.', (t) => ({
    holder: t.field({
      type: RunRef,
      description: 'The run that holds it, as it is now.',
      resolve: ({ holder }) => holder,
    }),
  })),
  NotClaimable: problem('NotClaimable', 'Only a queued run that nobody holds can be claimed.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    lease: t.field(holderField),
    children: t.idList({
      description: 'The children that it waits for; empty where it is not for them.',
      resolve: ({ children }) => [...children],
    }),
    claimableAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it may be claimed, where it waits for that.',
      resolve: (refused) => refused.claimableAt,
    }),
  })),
  NothingToClaim: problem('NothingToClaim', 'No queued run matches.', (t) => ({
    claimableInSeconds: t.exposeInt('claimableInSeconds', {
      nullable: true,
      description:
        'In how many seconds the next run that waits for a moment may be claimed; null where none does.',
    }),
  })),
  NotPausable: problem('NotPausable', 'The run can not be paused in its status.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
  })),
  NotResumable: problem('NotResumable', 'The run can not be resumed now.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    because: t.expose('because', { type: NotResumableCause, description: 'What stands against it.' }),
    lease: t.field(holderField),
    continuedBy: t.field(continuationField),
  })),
  NotCompletable: problem('NotCompletable', 'What completing needs is not there.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    missing: t.field({
      type: [MissingEvidence],
      description: 'The evidence that is missing; empty where the status alone stands against it.',
      resolve: ({ missing }) => [...missing],
    }),
  })),
  NotDeletable: problem('NotDeletable', 'Only a settled run that nobody holds can be deleted.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    lease: t.field(holderField),
    continuedBy: t.field(continuationField),
  })),
  AlreadyContinued: problem('AlreadyContinued', 'Another run goes on from where that one ended.', (t) => ({
    by: t.field({
      type: RunRef,
      nullable: true,
      description: 'The run at the end of the chain: continue that one. Null where you may not see it.',
      resolve: ({ by }) => by,
    }),
  })),
  IllegalTransition: problem('IllegalTransition', 'No way leads there now.', (t) => ({
    run: t.field(runField),
    from: t.exposeString('from', { nullable: true, description: 'Where the run stands.' }),
    to: t.exposeString('to', { description: 'The phase that was asked for.' }),
    allowed: t.field({
      type: ['String'],
      description: 'Where it may go instead; never the phase that was asked for.',
      resolve: ({ allowed }) => [...allowed],
    }),
  })),
  UnknownPhase: problem('UnknownPhase', 'The workflow has no such phase.', (t) => ({
    phase: t.exposeString('phase', { description: 'The key asked for.' }),
    known: t.field({
      type: ['String'],
      description: 'The phases it has.',
      resolve: ({ known }) => [...known],
    }),
  })),
  ExecutionNotFound: problem('ExecutionNotFound', 'There is no such execution.', (t) => ({
    executionId: t.exposeID('executionId', { description: 'The id that names nothing.' }),
  })),
  ExecutionAlreadyFinished: problem(
    'ExecutionAlreadyFinished',
    'The end of the execution was recorded before.',
    (t) => ({
      execution: t.field({
        type: ExecutionRef,
        description: 'The execution as it is.',
        resolve: async ({ executionId }, _, { reads }) => {
          const execution = await reads.execution.load(executionId)
          if (!execution) throw new Error(`execution ${executionId} is gone`)
          return execution
        },
      }),
    }),
  ),
  WorkflowMismatch: problem(
    'WorkflowMismatch',
    'The version is registered with another definition, or the run to be continued executes another workflow.',
    (t) => ({
      name: t.exposeString('name', { description: 'Its name.' }),
      version: t.exposeInt('version', { description: 'Its version.' }),
    }),
  ),
  AmbiguousRun: problem('AmbiguousRun', 'Several runs are active: name one.', (t) => ({
    candidates: t.field({
      type: [RunRef],
      description: 'Active runs, the newest first, at most 20.',
      resolve: ({ candidates }) => [...candidates],
    }),
  })),
  NoActiveRun: problem(
    'NoActiveRun',
    'No run is meant: none is active, or the execution belongs to none.',
    () => ({}),
  ),
  TokenNotFound: problem('TokenNotFound', 'There is no such token.', (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The id that names nothing.' }),
  })),
}
