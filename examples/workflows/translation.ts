/**
 * A workflow that is computed: one phase for each language, one after the other, each with a file of its own.
 *
 *     pawl workflow apply examples/workflows/translation.ts
 */
import type { WorkflowDefinition } from '@pawl/sdk'

const LANGUAGES = ['de', 'fr', 'ja']

const translations = LANGUAGES.map((language, index) => ({
  key: `translate-${language}`,
  next: [index + 1 < LANGUAGES.length ? `translate-${LANGUAGES[index + 1]}` : 'proofread'],
  role: 'translator',
  artifact: { path: `translations/${language}.json`, schema: { type: 'object', minProperties: 1 } },
}))

export const workflow: WorkflowDefinition = {
  name: 'translation',
  version: 1,
  initialPhase: 'translate-de',
  onOwnerLost: 'REQUEUE',
  phases: [
    ...translations,
    {
      key: 'proofread',
      next: ['published'],
      approval: { gate: 'proofread', question: 'May these translations be published?' },
    },
    { key: 'published', final: true },
  ],
}
