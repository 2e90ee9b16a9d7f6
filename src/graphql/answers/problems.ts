import type { UnionRef } from '@pothos/core'
import type { Problem, ProblemType } from '../../commands/kit/answers.ts'
import { COMMANDS, STEP_COMMANDS, STEPS } from '../../lifecycle/run/commands.ts'
import type { InputIssue } from '../../lifecycle/run/refusals.ts'
import { builder, type SchemaTypes } from '../kit/builder.ts'
import { findVisible, type GraphContext } from '../request/context.ts'
import { DirectiveKind, NotFoundKind, NotResumableCause, Role, StepCommand } from '../enums/runEnums.ts'
import { MissingEvidence } from './evidence.ts'
import { heldByField, problem, runProblem, statusField, type Problems } from './problem.ts'
import { WORK_PROBLEMS } from './workProblems.ts'
import { WORKSPACE_PROBLEMS } from './workspaceProblems.ts'
import { ExecutionRef, RunRef, TakenStepRef } from '../kit/refs.ts'

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

/** What a command that `driveRun` takes can be refused with. */
const StepProblem: unknown = builder.unionType('StepProblem', {
  description: 'Why a step of `driveRun` was refused.',
  types: () =>
    [...new Set(STEPS.flatMap((name) => COMMANDS[name].refusals))].map((type) => PROBLEMS[type]) as never,
  resolveType: ((refusal: Problem) => refusal.type) as never,
})

/** Every problem, by type: a problem that commands return and the API lacks does not compile. */
export const PROBLEMS: Problems<ProblemType> = {
  ...WORK_PROBLEMS,
  ...WORKSPACE_PROBLEMS,
  NotFound: problem('NotFound', (t) => ({
    kind: t.expose('kind', { type: NotFoundKind, description: 'What kind of thing it would be.' }),
    id: t.exposeID('id', { description: 'The given id; of a WORKFLOW, the given name.' }),
  })),
  InvalidInput: problem('InvalidInput', (t) => ({
    issues: t.field({
      type: [InputIssueRef],
      description: 'Every mistake that was found.',
      resolve: ({ issues }) => [...issues],
    }),
  })),
  Forbidden: problem('Forbidden', (t) => ({
    requiredRole: t.expose('requiredRole', {
      type: Role,
      nullable: true,
      description: 'The required role; null if the refusal is not about the role.',
    }),
  })),
  RunNotActive: runProblem('RunNotActive', (t) => ({
    status: t.expose('status', statusField),
    directive: t.field({
      type: DirectiveKind,
      nullable: true,
      description: 'What the owner has to do, if the caller is the owner; otherwise null.',
      resolve: ({ directive }) => directive ?? null,
    }),
  })),
  RevisionConflict: runProblem('RevisionConflict', (t) => ({
    expected: t.exposeInt('expected', { description: 'The given revision.' }),
    actual: t.exposeInt('actual', { description: 'The current revision.' }),
  })),
  LeaseLost: runProblem('LeaseLost', (t) => ({
    yourFence: t.exposeInt('yourFence', { description: 'The fence that you sent; 0 if none.' }),
    currentFence: t.exposeInt('currentFence', {
      description: 'The fence of the latest claim; for an AGENT token whose claim is over, its own fence.',
    }),
  })),
  IdempotencyMismatch: problem('IdempotencyMismatch', (t) => ({
    differingPaths: t.field({
      type: ['String'],
      description: 'Paths of the differing fields, such as `a.b.0`.',
      resolve: ({ differingPaths }) => [...differingPaths],
    }),
  })),
  ConcurrencyConflict: problem('ConcurrencyConflict', (t) => ({
    holder: t.field({
      type: RunRef,
      description: 'The active run that was started with the same key.',
      resolve: ({ holder }) => holder,
    }),
  })),
  NotClaimable: runProblem('NotClaimable', (t) => ({
    status: t.expose('status', statusField),
    heldBy: t.field(heldByField),
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
  NothingToClaim: problem('NothingToClaim', (t) => ({
    claimableInSeconds: t.exposeInt('claimableInSeconds', {
      nullable: true,
      description: 'Seconds until the next waiting run can be claimed; null if none waits for a time.',
    }),
  })),
  NotPausable: runProblem('NotPausable', (t) => ({
    status: t.expose('status', statusField),
  })),
  NotResumable: runProblem('NotResumable', (t) => ({
    status: t.expose('status', statusField),
    because: t.expose('because', { type: NotResumableCause, description: 'Why it is not possible.' }),
    heldBy: t.field(heldByField),
    continuedBy: t.field(continuationField),
  })),
  NotCompletable: runProblem('NotCompletable', (t) => ({
    status: t.expose('status', statusField),
    missing: t.field({
      type: [MissingEvidence],
      description: 'The missing evidence; empty if only the status prevents it.',
      resolve: ({ missing }) => [...missing],
    }),
  })),
  NotDeletable: runProblem('NotDeletable', (t) => ({
    status: t.expose('status', statusField),
    heldBy: t.field(heldByField),
    continuedBy: t.field(continuationField),
  })),
  AlreadyContinued: problem('AlreadyContinued', (t) => ({
    by: t.field({
      type: RunRef,
      nullable: true,
      description:
        'The run at the end of the chain, which can be continued instead. Null if you may not see it.',
      resolve: ({ by }) => by,
    }),
  })),
  IllegalTransition: runProblem('IllegalTransition', (t) => ({
    fromPhase: t.exposeString('from', { nullable: true, description: 'Where the run stands.' }),
    toPhase: t.exposeString('to', { description: 'The requested phase.' }),
    allowedPhases: t.field({
      type: ['String'],
      description: 'The phases that are possible instead.',
      resolve: ({ allowed }) => [...allowed],
    }),
  })),
  UnknownPhase: runProblem('UnknownPhase', (t) => ({
    phaseKey: t.exposeString('phase', { description: 'The requested key.' }),
    known: t.field({
      type: ['String'],
      description: 'The keys that its workflow declares, in their order.',
      resolve: ({ known }) => [...known],
    }),
  })),
  ExecutionAlreadyFinished: problem('ExecutionAlreadyFinished', (t) => ({
    execution: t.field({
      type: ExecutionRef,
      description: 'The process with the end that is recorded; nothing was changed.',
      resolve: async ({ executionId }, _, { reads }) => {
        const execution = await reads.execution.load(executionId)
        if (!execution) throw new Error(`execution ${executionId} is gone`)
        return execution
      },
    }),
  })),
  WorkflowMismatch: problem('WorkflowMismatch', (t) => ({
    name: t.exposeString('name', { description: 'What the registered workflow is called.' }),
    version: t.exposeInt('version', { description: 'The version that is taken, or that the run executes.' }),
  })),
  AmbiguousRun: problem('AmbiguousRun', (t) => ({
    candidates: t.field({
      type: [RunRef],
      description: 'Active runs, the newest first, at most 20.',
      resolve: ({ candidates }) => [...candidates],
    }),
  })),
  NoActiveRun: problem('NoActiveRun', () => ({})),
  StepRefused: runProblem('StepRefused', (t) => ({
    step: t.exposeInt('step', { description: 'Its place among the steps that were sent, from 0.' }),
    command: t.field({
      type: StepCommand,
      description: 'What the owner had asked for at that place.',
      resolve: ({ command }) => STEP_COMMANDS[command],
    }),
    refusal: t.field({
      type: StepProblem as UnionRef<SchemaTypes, Problem>,
      description: 'What the mutation of that step would have answered.',
      resolve: ({ refusal }) => refusal,
    }),
    steps: t.field({
      type: [TakenStepRef],
      description: 'The steps before it, where they were taken; empty if all had to be.',
      resolve: ({ taken }) => [...taken],
    }),
  })),
}
