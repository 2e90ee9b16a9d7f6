import type { ArtifactProblem } from '../../lifecycle/run/run.ts'
import { builder } from '../kit/builder.ts'
import { connectionOf } from '../kit/connection.ts'
import { resolveRunOf } from '../request/context.ts'
import { findPhaseOf } from './execution.ts'
import { ContentRemovalRef, toContentRemoval } from '../run/contentRemoval.ts'
import { ArtifactRef, NodeRef, PhaseRef } from '../kit/refs.ts'
import { statementCost } from '../request/statementCost.ts'

const ArtifactProblemRef = builder.objectRef<ArtifactProblem>('ArtifactProblem').implement({
  description: 'What is wrong with an artifact.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'Where in the file, as a JSON pointer; empty: the file as a whole.',
    }),
    message: t.exposeString('message', { description: 'A message for a person.' }),
  }),
})

/** Complexity of an artifact's content: it may be a megabyte, while other fields are a line. */
const CONTENT_COST = 500

builder.objectType(ArtifactRef, {
  description: 'A file that a phase produced, hashed and validated by the server.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({ description: 'Its id, `art_…`.', resolve: ({ artifact }) => artifact.id }),
    phase: t.field({
      type: PhaseRef,
      description: 'The phase that produced it.',
      extensions: statementCost(2),
      resolve: async (node, _, context) => {
        const found = await findPhaseOf(
          await resolveRunOf(node, null, context),
          node.artifact.phaseId,
          context,
        )
        if (!found) throw new Error(`the phase of artifact ${node.artifact.id} is gone`)
        return found
      },
    }),
    round: t.int({ description: 'The round it was produced in.', resolve: ({ artifact }) => artifact.round }),
    attempt: t.int({
      description: 'The attempt of the phase it was produced in.',
      resolve: ({ artifact }) => artifact.attempt,
    }),
    path: t.string({
      description: 'Its path, relative to the workspace.',
      resolve: ({ artifact }) => artifact.path,
    }),
    sha256: t.string({
      description: 'SHA-256 of its content in UTF-8, in hex.',
      resolve: ({ artifact }) => artifact.sha256,
    }),
    size: t.int({ description: 'Bytes of its content in UTF-8.', resolve: ({ artifact }) => artifact.size }),
    isValid: t.boolean({
      description: 'Whether it meets the declaration of its workflow.',
      resolve: ({ artifact }) => artifact.valid,
    }),
    problems: t.field({
      type: [ArtifactProblemRef],
      description: 'What is wrong with it; empty if it is valid; at most 100.',
      resolve: ({ artifact }) => [...artifact.problems],
    }),
    content: t.string({
      nullable: true,
      description: 'Its content; null: it was removed, see `contentRemoval`. Read only if selected.',
      complexity: CONTENT_COST,
      extensions: statementCost(1),
      resolve: async ({ artifact }, _, { reads }) => (await reads.content.load(artifact.id))?.content ?? null,
    }),
    contentRemoval: t.field({
      type: ContentRemovalRef,
      nullable: true,
      description: 'When its content was removed, and by whom; null: it is there.',
      extensions: statementCost(1),
      resolve: async ({ artifact }, _, { reads }) => {
        const found = await reads.content.load(artifact.id)
        return found ? toContentRemoval(found) : null
      },
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was submitted.',
      resolve: ({ artifact }) => artifact.createdAt,
    }),
  }),
})

export const ArtifactConnection = connectionOf('Artifact', ArtifactRef)
