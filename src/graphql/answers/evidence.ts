import type { MissingEvidence as Missing } from '../../lifecycle/run/refusals.ts'
import { builder } from '../kit/builder.ts'
import { EvidenceKind } from '../enums/runEnums.ts'

export const MissingEvidence = builder.objectRef<Missing>('MissingEvidence').implement({
  description: 'Evidence that a run lacks for COMPLETED.',
  fields: (t) => ({
    kind: t.expose('kind', {
      type: EvidenceKind,
      description: 'What would have to be there: a phase, a file, an answer and so on.',
    }),
    phase: t.exposeString('phase', { nullable: true, description: 'Key of the phase it is missing for.' }),
    detail: t.exposeString('detail', { description: 'A message for a person.' }),
  }),
})
