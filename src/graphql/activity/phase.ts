import type { PhaseError } from '../../lifecycle/run/run.ts'
import { isLastPhase, workflowPhase } from '../../lifecycle/workflow/workflow.ts'
import { ArtifactConnection } from './artifact.ts'
import { builder } from '../kit/builder.ts'
import { FROM_EITHER_END, pageCost } from '../kit/connection.ts'
import { ARTIFACTS } from '../kit/cursors.ts'
import { ErrorClass, PhaseStatus } from '../enums/runEnums.ts'
import { connectRows, readOwnedPage } from '../kit/ownedLists.ts'
import { NodeRef, PhaseRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const PhaseErrorRef = builder.objectRef<PhaseError>('PhaseError').implement({
  description: 'Why a phase failed.',
  fields: (t) => ({
    class: t.expose('class', { type: ErrorClass, description: 'How to handle it.' }),
    code: t.exposeString('code', { description: 'A short code, for programs.' }),
    message: t.exposeString('message', { description: 'What went wrong.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'A hint for a person.' }),
  }),
})

builder.objectType(PhaseRef, {
  description: "One node of the workflow's graph in one round of a run.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `phs_…`.', resolve: ({ phase }) => phase.id }),
    key: t.string({ description: 'Its name in the workflow.', resolve: ({ phase }) => phase.key }),
    round: t.int({ description: 'The round it belongs to.', resolve: ({ phase }) => phase.round }),
    status: t.field({
      type: PhaseStatus,
      description: 'The current status.',
      resolve: ({ phase }) => phase.status,
    }),
    attempts: t.int({
      description: 'How many attempts were started.',
      resolve: ({ phase }) => phase.attempts,
    }),
    isFinalPhase: t.boolean({
      description:
        'Whether the run may be completed here: the phase is marked final, or no phase can follow.',
      resolve: ({ phase, workflow }) => isLastPhase(workflowPhase(workflow, phase.key)),
    }),
    role: t.string({
      nullable: true,
      description: 'The role of the agent that works on it.',
      resolve: ({ phase, workflow }) => workflowPhase(workflow, phase.key).role,
    }),
    nextPhases: t.stringList({
      description: 'Keys of the phases that may follow.',
      resolve: ({ phase, workflow }) => workflowPhase(workflow, phase.key).next,
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last attempt was started.',
      resolve: ({ phase }) => phase.startedAt,
    }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the last attempt ended.',
      resolve: ({ phase }) => phase.endedAt,
    }),
    error: t.field({
      type: PhaseErrorRef,
      nullable: true,
      description: 'Why the last attempt failed.',
      resolve: ({ phase }) => phase.error,
    }),
  }),
})

builder.objectField(PhaseRef, 'artifacts', (t) =>
  t.field({
    type: ArtifactConnection,
    description: 'The files it produced, those of earlier attempts too, the newest first.',
    args: FROM_EITHER_END,
    complexity: pageCost,
    extensions: statementCost(1),
    resolve: async ({ runId, phase }, args, { reads }) => {
      const page = await reads.artifactsOfPhase.load(readOwnedPage(ARTIFACTS, phase.id, args))
      return connectRows(
        ARTIFACTS,
        page,
        ({ createdAt }) => createdAt,
        (artifact) => ({ runId, artifact }),
      )
    },
  }),
)
