import { announceWorker } from '../../commands/account/workers.ts'
import { reachOf } from '../../commands/kit/authorize.ts'
import { ANNOUNCED_STATES, WORKER_STATES } from '../../lifecycle/run/enums.ts'
import { PRESENCE, stateOfWorker } from '../../lifecycle/run/presence.ts'
import { listWorkers } from '../../store/account/listWorkers.ts'
import type { WorkerAgent } from '../../store/account/workers.ts'
import { defineMutation } from '../answers/mutation.ts'
import { builder, enumOf } from '../kit/builder.ts'
import { connectionOf, FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { readPage } from '../kit/cursors.ts'
import { defaulted, defineInput, int, listed, name, names, oneOf, required, text } from '../kit/input.ts'
import { connectRows } from '../kit/ownedLists.ts'
import { NodeRef, WorkerRef } from '../kit/refs.ts'
import { refuseLimitedToRun } from '../request/context.ts'
import { statementCost } from '../request/statementCost.ts'

const WorkerState = enumOf('WorkerState', WORKER_STATES, 'Whether a worker claims runs.', {
  READY: 'It claims runs, as many at a time as its `concurrency` says.',
  NOT_READY: 'It claims none until it can work again; `problem` says what it lacks.',
  STOPPING: 'It claims none any more, and ends once the runs that it holds are done or released.',
  STOPPED: 'It has ended, as it said itself.',
  SILENT: `It was not heard for ${PRESENCE.silentSeconds} seconds: it has ended without a word, or can't reach the server. Set by the server.`,
})

const WorkerAgentRef = builder.objectRef<WorkerAgent>('WorkerAgent').implement({
  description: 'Who works on the phases of a role.',
  fields: (t) => ({
    role: t.exposeString('role', { description: 'That role; `default`: every other one.' }),
    adapter: t.exposeString('adapter', { description: 'How it is reached, such as `acp` or `process`.' }),
    program: t.exposeString('program', {
      nullable: true,
      description: 'What is installed of it, such as `codex`; null where that is not known.',
    }),
    version: t.exposeString('version', {
      nullable: true,
      description: 'As that program tells it; null where it does not.',
    }),
  }),
})

builder.objectType(WorkerRef, {
  description: `A process that claims runs. It says now and then that it is there; a day after the last time it is forgotten.`,
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, `wrk_…`.' }),
    principalId: t.exposeID('principalId', { description: 'The principal of its token.' }),
    name: t.exposeString('name', {
      description: 'The `owner` of the runs that it claims. Several processes may share one.',
    }),
    host: t.exposeString('host', { description: 'The machine it runs on, as that of its workspaces.' }),
    program: t.exposeString('program', {
      nullable: true,
      description: 'What it is, with a version: `pawl 0.1.0`.',
    }),
    state: t.field({
      type: WorkerState,
      description: 'As it said last, or SILENT.',
      resolve: ({ state, heardAt, now }) => stateOfWorker(state, heardAt.getTime(), now.getTime()),
    }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'Why it is NOT_READY, in words.',
    }),
    concurrency: t.exposeInt('concurrency', { description: 'How many runs it holds at most.' }),
    heldRunCount: t.int({
      description:
        'How many runs its name holds now, as far as you may see them. `Query.runs`, filtered by `owner`, has them.',
      extensions: statementCost(1),
      resolve: async ({ id }, _, { reads }) => (await reads.heldRunCount.load(id))?.count ?? 0,
    }),
    workflows: t.stringList({
      description: 'The only ones that it claims runs of; empty: any.',
      resolve: ({ workflows }) => [...workflows],
    }),
    labels: t.stringList({
      description: 'What a run has to carry for it, all of them.',
      resolve: ({ labels }) => [...labels],
    }),
    projects: t.stringList({
      description: 'The only ones that it claims runs of; empty: all.',
      resolve: ({ projects }) => [...projects],
    }),
    agents: t.field({
      type: [WorkerAgentRef],
      description: 'Who works for it, by role.',
      resolve: ({ agents }) => [...agents],
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first heard.' }),
    heardAt: t.expose('heardAt', { type: 'DateTime', description: 'The last time it announced itself.' }),
  }),
})

const WorkerConnection = connectionOf('Worker', WorkerRef)

/** The list name in cursors of workers. */
const WORKERS = 'workers'

builder.queryField('workers', (t) =>
  t.field({
    type: WorkerConnection,
    description: 'The workers that may claim runs that you may see, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async (_, args, context) => {
      refuseLimitedToRun(context)
      const page = readPage(WORKERS, args)
      return connectRows(
        WORKERS,
        await listWorkers(await context.reads.connection(), reachOf(context.caller), page),
        ({ createdAt }) => createdAt.getTime(),
        (worker) => worker,
      )
    },
  }),
)

/** How many agents a worker announces at most. */
const MAX_AGENTS = 50

const WorkerAgentInput = defineInput('WorkerAgentInput', 'An agent that a worker has for a role.', {
  role: required(name('The role that it plays; `default`: every other one.')),
  adapter: required(name('How the worker reaches it.')),
  program: name('What is installed of it.'),
  version: name('The one that is installed.'),
})

defineMutation('announceWorker', {
  description:
    'Says that a worker is there, and what it can do. To be repeated, and at once when something of it changes.',
  input: defineInput('AnnounceWorkerInput', 'What a worker says of itself.', {
    instance: required(
      name('What tells this process from others of its principal, for as long as it lives.'),
    ),
    name: required(name('The `owner` of the runs that it claims.')),
    host: required(name('The machine it runs on, by the same name as in `recordWorkspace`.')),
    program: name('What it is, with its version.'),
    state: defaulted(
      oneOf(WorkerState, ANNOUNCED_STATES, 'Whether it claims runs. SILENT is set by the server.'),
      'READY',
    ),
    problem: text(2_000, 'Why it claims none, where it is NOT_READY.'),
    concurrency: required(int(1, 100_000, 'How many runs it holds at most.')),
    workflows: names('The only ones that it claims runs of; left out: any.'),
    labels: names('What a run has to carry for it, all of them.'),
    project: name('The only one that it claims runs of; left out: every one that its token reaches.'),
    agents: listed(WorkerAgentInput, MAX_AGENTS, `Who works for it: at most ${MAX_AGENTS}.`),
  }),
  run: ({ commands, caller }, { program, problem, workflows, labels, project, agents, ...said }) =>
    announceWorker(commands, caller, {
      ...said,
      program: program ?? null,
      problem: problem ?? null,
      workflows: workflows ?? [],
      labels: labels ?? [],
      project: project ?? null,
      agents: (agents ?? []).map((agent) => ({
        ...agent,
        program: agent.program ?? null,
        version: agent.version ?? null,
      })),
    }),
  success: (t) => ({
    worker: t.field({
      type: WorkerRef,
      description: 'How others see it.',
      resolve: ({ worker }) => worker,
    }),
    repeatInSeconds: t.exposeInt('repeatInSeconds', { description: 'When to announce it again.' }),
  }),
})
