import { z } from 'zod'
import { checkProject, projectOf, reachOf } from '../../commands/kit/authorize.ts'
import { registerWorkflow } from '../../commands/workflow/registerWorkflow.ts'
import type { WorkflowPhase } from '../../lifecycle/workflow/workflow.ts'
import { listWorkflows, type WorkflowPosition } from '../../store/workflow/listWorkflows.ts'
import { findWorkflow } from '../../store/workflow/workflows.ts'
import { builder } from '../kit/builder.ts'
import { checkArgs } from '../kit/checkArgs.ts'
import { connectionOf, FROM_EITHER_END, pageCost, readPageSize, toConnection } from '../kit/connection.ts'
import { refuseLimitedToRun } from '../request/context.ts'
import { decodeCursor, encodeCursor } from '../kit/cursors.ts'
import { throwRefused } from '../request/errors.ts'
import {
  defineInput,
  idempotencyKey,
  idSchema,
  json,
  MAX_INT,
  name,
  nameSchema,
  required,
} from '../kit/input.ts'
import { defineMutation, REPLAYED } from '../answers/mutation.ts'
import { NodeRef, WorkflowRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const WorkflowPhaseRef = builder.objectRef<WorkflowPhase>('WorkflowPhase').implement({
  description: "One node of a workflow's graph.",
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name, unique in the workflow.' }),
    next: t.exposeStringList('next', { description: 'Keys of the phases that may follow.' }),
    isFinal: t.boolean({
      description: 'Whether a run may be completed here.',
      resolve: (phase) => phase.final,
    }),
    role: t.exposeString('role', {
      nullable: true,
      description: 'The role of the agent that works on it.',
    }),
    isApprovalRequired: t.boolean({
      description: 'Whether a person must approve before it is completed.',
      resolve: ({ approval }) => approval !== null,
    }),
    artifactPath: t.string({
      nullable: true,
      description: 'Path of the file it produces, relative to the workspace.',
      resolve: ({ artifact }) => artifact?.path ?? null,
    }),
  }),
})

builder.objectType(WorkflowRef, {
  description: 'A named, versioned, immutable definition of the phases of a run.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `wfl_…`.' }),
    project: t.exposeString('project', {
      nullable: true,
      description: "The project it belongs to; null: the installation's, which every project may start.",
    }),
    name: t.exposeString('name', { description: 'What runs name it by; all its versions share it.' }),
    version: t.exposeInt('version', { description: 'Its version; a registered version never changes.' }),
    definition: t.field({
      type: 'JSON',
      description: 'The whole definition, with defaults filled in.',
      resolve: ({ definition }) => definition,
    }),
    phases: t.field({
      type: [WorkflowPhaseRef],
      description: 'Its phases, in the order they are declared.',
      resolve: ({ definition }) => definition.phases,
    }),
    initialPhase: t.string({
      description: 'Key of the phase that a round begins with.',
      resolve: ({ definition }) => definition.initialPhase,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
  }),
})

const WorkflowConnection = connectionOf('Workflow', WorkflowRef)

const LIST = 'workflows'
const placeSchema = z.tuple([nameSchema(64), z.int().min(0).max(MAX_INT), idSchema('workflow')])

function decodeWorkflow(cursor: string | null | undefined): WorkflowPosition | null {
  if (cursor == null) return null
  const [name, version, id] = decodeCursor(LIST, cursor, placeSchema)
  return { name, version, id }
}
const whichSchema = z.object({
  name: nameSchema(64),
  version: z.int().min(0).max(MAX_INT).nullish(),
  project: nameSchema(200).nullish(),
})

builder.queryFields((t) => ({
  workflow: t.field({
    type: WorkflowRef,
    nullable: true,
    description:
      "The workflow that a run would be started with: the project's own of this name, otherwise the installation's; null if there is none.",
    args: {
      name: t.arg.string({ required: true, description: 'What runs name it by, as `review`.' }),
      version: t.arg.int({ description: 'Its version; left out: the newest.' }),
      project: t.arg.string({
        description: "The project of the run; left out: the token's only project, else `default`.",
      }),
    },
    extensions: statementCost(1),
    resolve: (_, args, context) => {
      refuseLimitedToRun(context)
      const { name, version = null, project } = checkArgs(whichSchema, args)
      const asked = project ?? projectOf(context.caller)
      throwRefused(checkProject(context.caller, asked))
      return findWorkflow(context.commands.store, { name, version, project: asked })
    },
  }),
  workflows: t.field({
    type: WorkflowConnection,
    description:
      "Every version of the workflows that your projects may start, their own and the installation's: by name, the newest version first.",
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, context) => {
      refuseLimitedToRun(context)
      const asked = {
        ...readPageSize(args),
        after: decodeWorkflow(args.after),
        before: decodeWorkflow(args.before),
      }
      return toConnection(
        await listWorkflows(context.commands.store, reachOf(context.caller), asked),
        ({ name, version, id }) => encodeCursor(LIST, [name, version, id]),
        (node) => node,
      )
    },
  }),
}))

const RegisterWorkflowInput = defineInput(
  'RegisterWorkflowInput',
  'The definition of a version, and which project it belongs to.',
  {
    definition: required(json('The definition: name, version, phases and so on.')),
    project: name(
      "The project it is to belong to. Left out: the token's only project; for a token that is limited to none, the installation, so that every project may start it.",
    ),
    idempotencyKey,
  },
)

defineMutation('registerWorkflow', {
  description:
    'Registers a version of a workflow permanently, for one project or, by a token without project limits, for all. Repeating it with the same definition changes nothing.',
  input: RegisterWorkflowInput,
  run: ({ commands, caller }, input) => registerWorkflow(commands, caller, input),
  success: (t) => ({
    workflow: t.field({
      type: WorkflowRef,
      description: 'The workflow as it is registered.',
      resolve: ({ workflow }) => workflow,
    }),
    hasChanged: t.exposeBoolean('changed', { description: 'False if it was already registered.' }),
    isReplayed: t.exposeBoolean('replayed', REPLAYED),
  }),
})
