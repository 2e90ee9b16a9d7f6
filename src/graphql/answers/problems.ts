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
    'The run at the end of the chain that continues it, if that is the reason; otherwise null, as if you may not see it.',
  resolve: ({ continuedBy }: { continuedBy: string | null }, _: unknown, context: GraphContext) =>
    findVisible(continuedBy, context),
} as const

const InputIssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One mistake in an input.',
  fields: (t) => ({
    path: t.field({
      type: ['String'],
      description: 'Path of the field in the input.',
      resolve: ({ path }) => [...path],
    }),
    message: t.exposeString('message', { description: 'What is wrong.' }),
  }),
})

/** Every problem, by type: a problem that commands return and the API lacks does not compile. */
export const PROBLEMS: Problems<ProblemType> = {
  ...WORK_PROBLEMS,
  ...WORKSPACE_PROBLEMS,
  InvalidInput: problem('InvalidInput', 'The input is invalid.', (t) => ({
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
      description: 'The required role; null if the refusal is not about the role.',
    }),
  })),
  RunNotFound: problem('RunNotFound', 'There is no such run.', (t) => ({
    runId: t.exposeID('runId', { description: 'The unknown id.' }),
  })),
  RunNotActive: problem('RunNotActive', 'The status of the run does not admit this.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    directive: t.field({
      type: DirectiveKind,
      nullable: true,
      description: 'What the owner has to do, if the caller is the owner; otherwise null.',
      resolve: ({ directive }) => directive ?? null,
    }),
  })),
  RevisionConflict: problem('RevisionConflict', 'The run changed after the given revision.', (t) => ({
    run: t.field(runField),
    expected: t.exposeInt('expected', { description: 'The given revision.' }),
    actual: t.exposeInt('actual', { description: 'The current revision.' }),
  })),
  LeaseLost: problem('LeaseLost', 'Your claim does not hold the run. Stop your agent.', (t) => ({
    run: t.field(runField),
    yourFence: t.exposeInt('yourFence', { description: 'The fence that you sent; 0 if none.' }),
    currentFence: t.exposeInt('currentFence', {
      description: 'The fence of the latest claim; for an AGENT token whose claim is over, its own fence.',
    }),
  })),
  IdempotencyMismatch: problem(
    'IdempotencyMismatch',
    'The idempotency key was used with another input.',
    (t) => ({
      differingPaths: t.field({
        type: ['String'],
        description: 'Paths of the differing fields, such as `a.b.0`.',
        resolve: ({ differingPaths }) => [...differingPaths],
      }),
    }),
  ),
  WorkflowNotFound: problem('WorkflowNotFound', 'There is no such workflow.', (t) => ({
    name: t.exposeString('name', { description: 'The requested name.' }),
    version: t.exposeInt('version', { nullable: true, description: 'The requested version, if any.' }),
    known: t.field({
      type: ['String'],
      description: 'The known names.',
      resolve: ({ known }) => [...known],
    }),
  })),
  ConcurrencyConflict: problem('ConcurrencyConflict', 'Another run holds the concurrency key.', (t) => ({
    holder: t.field({
      type: RunRef,
      description: 'The run that holds it.',
      resolve: ({ holder }) => holder,
    }),
  })),
  NotClaimable: problem('NotClaimable', 'Only a queued run that nobody holds can be claimed.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    lease: t.field(holderField),
    children: t.idList({
      description: 'The children that it waits for; empty if none.',
      resolve: ({ children }) => [...children],
    }),
    claimableAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it can be claimed, if it waits for a time.',
      resolve: (refused) => refused.claimableAt,
    }),
  })),
  NothingToClaim: problem('NothingToClaim', 'No queued run matches.', (t) => ({
    claimableInSeconds: t.exposeInt('claimableInSeconds', {
      nullable: true,
      description: 'Seconds until the next waiting run can be claimed; null if none waits for a time.',
    }),
  })),
  NotPausable: problem('NotPausable', 'The status of the run does not admit a pause.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
  })),
  NotResumable: problem('NotResumable', 'The run cannot be resumed now.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    because: t.expose('because', { type: NotResumableCause, description: 'Why it is not possible.' }),
    lease: t.field(holderField),
    continuedBy: t.field(continuationField),
  })),
  NotCompletable: problem('NotCompletable', 'The evidence for completing is missing.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    missing: t.field({
      type: [MissingEvidence],
      description: 'The missing evidence; empty if only the status prevents it.',
      resolve: ({ missing }) => [...missing],
    }),
  })),
  NotDeletable: problem('NotDeletable', 'Only a settled run that nobody holds can be deleted.', (t) => ({
    run: t.field(runField),
    status: t.expose('status', statusField),
    lease: t.field(holderField),
    continuedBy: t.field(continuationField),
  })),
  AlreadyContinued: problem('AlreadyContinued', 'Another run already continues that one.', (t) => ({
    by: t.field({
      type: RunRef,
      nullable: true,
      description:
        'The run at the end of the chain, which can be continued instead. Null if you may not see it.',
      resolve: ({ by }) => by,
    }),
  })),
  IllegalTransition: problem(
    'IllegalTransition',
    'The phase cannot be entered from the present state.',
    (t) => ({
      run: t.field(runField),
      from: t.exposeString('from', { nullable: true, description: 'Where the run stands.' }),
      to: t.exposeString('to', { description: 'The requested phase.' }),
      allowed: t.field({
        type: ['String'],
        description: 'The phases that are possible instead.',
        resolve: ({ allowed }) => [...allowed],
      }),
    }),
  ),
  UnknownPhase: problem('UnknownPhase', 'The workflow has no such phase.', (t) => ({
    phase: t.exposeString('phase', { description: 'The requested key.' }),
    known: t.field({
      type: ['String'],
      description: 'The phases it has.',
      resolve: ({ known }) => [...known],
    }),
  })),
  ExecutionNotFound: problem('ExecutionNotFound', 'There is no such execution.', (t) => ({
    executionId: t.exposeID('executionId', { description: 'The unknown id.' }),
  })),
  ExecutionAlreadyFinished: problem(
    'ExecutionAlreadyFinished',
    'The end of the execution is already recorded.',
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
    'No run matches: none is active, or the execution belongs to none.',
    () => ({}),
  ),
  TokenNotFound: problem('TokenNotFound', 'There is no such token.', (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The unknown id.' }),
  })),
}
