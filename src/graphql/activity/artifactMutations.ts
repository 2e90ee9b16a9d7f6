import { submitArtifact } from '../../commands/activity/artifacts.ts'
import { findPhaseOf } from './execution.ts'
import {
  content,
  defineInput,
  fence,
  idempotencyKey,
  ifRevision,
  name,
  required,
  runId,
} from '../kit/input.ts'
import { runSuccessFields } from '../run/leaseMutations.ts'
import { defineMutation, RunSuccessRef } from '../answers/mutation.ts'
import { ArtifactRef, PhaseRef } from '../kit/refs.ts'
import { tree } from './tree.ts'

/** What a submission says, besides the run and the fence. */
export const ARTIFACT_STEPS = {
  submitArtifact: {
    phase: required(name('Key of the phase, the current one.')),
    path: required(name('Its path, relative to the workspace.', 512)),
    content: required(content('Its content. The maximum size is a setting of the server.')),
    tree,
  },
}

defineMutation('submitArtifact', {
  description:
    'Submits a file of the current phase to the server, which hashes and validates it. A valid file at the path declared by the phase completes the phase, or opens its approval; an invalid one is stored with its problems and changes nothing else.',
  input: defineInput('SubmitArtifactInput', 'A file that a phase produced.', {
    runId,
    ...ARTIFACT_STEPS.submitArtifact,
    fence,
    ifRevision,
    idempotencyKey,
  }),
  run: ({ commands, caller }, input) => submitArtifact(commands, caller, input),
  interfaces: [RunSuccessRef],
  success: (t) => {
    const { run, isReplayed } = runSuccessFields(t)
    return {
      artifact: t.field({
        type: ArtifactRef,
        description: 'The artifact, with its validation result in `valid`.',
        resolve: ({ run: loaded, row: artifact }) => ({ runId: loaded.run.id, artifact }),
      }),
      phase: t.field({
        type: PhaseRef,
        description: 'Its current phase.',
        resolve: async ({ run: loaded, row }, _, context) => {
          const found = await findPhaseOf(loaded, row.phaseId, context)
          if (!found) throw new Error(`the phase of artifact ${row.id} is gone`)
          return found
        },
      }),
      run,
      isReplayed,
    }
  },
})
