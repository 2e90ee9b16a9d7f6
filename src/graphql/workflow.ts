import { z } from 'zod'
import { registerWorkflow } from '../commands/registerWorkflow.ts'
import type { WorkflowPhase } from '../lifecycle/workflow.ts'
import { listWorkflows } from '../store/listWorkflows.ts'
import { findWorkflow } from '../store/workflows.ts'
import { builder } from './builder.ts'
import { checkArgs } from './checkArgs.ts'
import { AFTER, connectionOf, FIRST, pageCost, readPageSize, toConnection } from './connection.ts'
import { refuseAgents } from './context.ts'
import { decodeCursor, encodeCursor } from './cursors.ts'
import { defineInput, json, MOST_INT, nameSchema, needed } from './input.ts'
import { defineMutation } from './mutation.ts'
import { NodeRef, WorkflowRef } from './refs.ts'
import { takes } from './statements.ts'

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
    requiresApproval: t.boolean({
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
  description: 'A named, versioned, immutable definition of how a run goes.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `wfl_…`.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    version: t.exposeInt('version', { description: 'Its version; a registered version never changes.' }),
    definition: t.field({
      type: 'JSON',
      description: 'All of it, defaults filled in.',
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
const placeSchema = z.tuple([nameSchema(64), z.int().min(0).max(MOST_INT)])
const whichSchema = z.object({ name: nameSchema(64), version: z.int().min(0).max(MOST_INT).nullish() })

builder.queryFields((t) => ({
  workflow: t.field({
    type: WorkflowRef,
    nullable: true,
    description: 'A workflow by its name; null where there is none.',
    args: {
      name: t.arg.string({ required: true, description: 'Its name.' }),
      version: t.arg.int({ description: 'Its version; left out: the newest.' }),
    },
    extensions: takes(1),
    resolve: (_, args, context) => {
      refuseAgents(context)
      const { name, version } = checkArgs(whichSchema, args)
      return findWorkflow(context.commands.store, name, version ?? null)
    },
  }),
  workflows: t.field({
    type: WorkflowConnection,
    description: 'Every version of every workflow, by name, the newest version first.',
    args: {
      first: t.arg.int(FIRST),
      after: t.arg.string(AFTER),
    },
    complexity: pageCost,
    extensions: takes(1),
    resolve: async (_, args, context) => {
      refuseAgents(context)
      const { limit } = readPageSize(args)
      const place = args.after == null ? null : decodeCursor(LIST, args.after, placeSchema)
      const after = place && { name: place[0], version: place[1] }
      const found = await listWorkflows(context.commands.store, after, limit + 1)
      const page = {
        items: found.slice(0, limit),
        hasNext: found.length > limit,
        hasPrevious: after !== null,
      }
      return toConnection(
        page,
        ({ name, version }) => encodeCursor(LIST, [name, version]),
        (node) => node,
      )
    },
  }),
}))

const RegisterWorkflowInput = defineInput('RegisterWorkflowInput', 'A workflow to register.', {
  definition: needed(json('The definition: name, version, phases and so on.')),
})

defineMutation('registerWorkflow', {
  description: 'Registers a version of a workflow, for good. The same definition again changes nothing.',
  input: RegisterWorkflowInput,
  run: ({ commands, caller }, { definition }) => registerWorkflow(commands, caller, definition),
  success: (t) => ({
    workflow: t.field({
      type: WorkflowRef,
      description: 'The workflow as it is registered.',
      resolve: ({ workflow }) => workflow,
    }),
    changed: t.exposeBoolean('changed', { description: 'False where it was registered before.' }),
  }),
  problems: ['WorkflowMismatch', 'InvalidInput', 'Forbidden'],
})
