import type { Instant } from '../../lifecycle/run/run.ts'
import { builder } from '../kit/builder.ts'

/** When content was removed, and by whom. */
export interface ContentRemoval {
  readonly at: Instant | Date
  readonly by: string
}

/** The removal that a run's row tells of; null: its content is there. */
export function toContentRemoval(row: {
  readonly contentRemovedAt: Instant | Date | null
  readonly contentRemovedBy: string | null
}): ContentRemoval | null {
  const { contentRemovedAt: at, contentRemovedBy: by } = row
  return at === null || by === null ? null : { at, by }
}

export const ContentRemovalRef = builder.objectRef<ContentRemoval>('ContentRemoval').implement({
  description:
    'That the content of a run was removed after its retention time: inputs, outputs, texts, transcripts and artifacts. Texts read "(removed)", JSON is null, and what happened, when and by whom is as before.',
  fields: (t) => ({
    removedAt: t.field({
      type: 'DateTime',
      description: 'From when on the content is gone.',
      resolve: ({ at }) => at,
    }),
    removedBy: t.exposeString('by', {
      description: 'The name of the principal that removed it; `system`: the server, as it is set to.',
    }),
  }),
})
