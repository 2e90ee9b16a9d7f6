import type { z } from 'zod'
import { type WorkflowDefinition, workflowSchema } from '../../src/lifecycle/workflow/workflow.ts'

/** A definition as version 1, with its defaults filled in. */
export function define(definition: Omit<z.input<typeof workflowSchema>, 'version'>): WorkflowDefinition {
  return workflowSchema.parse({ version: 1, ...definition })
}

/** A workflow of one phase without requirements: the shortest way to any status. */
export const SOLO = define({ name: 'solo', initialPhase: 'work', phases: [{ key: 'work', final: true }] })

/** As `SOLO`, requeued when its owner is lost, with two takeovers. */
export const RELAY = define({ ...SOLO, name: 'relay', onOwnerLost: 'REQUEUE', maxTakeovers: 2 })

/** A workflow with a self-loop, a backward edge, and three rounds. */
export const ROUNDS = define({
  name: 'rounds',
  initialPhase: 'draft',
  completeRoundAt: 'check',
  maxRounds: 3,
  phases: [
    { key: 'draft', next: ['draft', 'check'] },
    { key: 'check', next: ['draft', 'wrap', 'done'] },
    { key: 'wrap', next: ['done'] },
    { key: 'done', final: true },
  ],
})

/** A workflow with every timeout, each of a different length. */
export const TIMED = define({
  name: 'timed',
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 600 }],
  timeouts: { queueSeconds: 300, runSeconds: 7200, idleSeconds: 1800 },
})

/** A workflow whose first phase needs an artifact and an approval. */
export const GATED = define({
  name: 'gated',
  initialPhase: 'plan',
  phases: [
    {
      key: 'plan',
      next: ['done'],
      artifact: { path: 'plan.md' },
      approval: { gate: 'plan', question: 'Shall we?' },
    },
    { key: 'done', final: true },
  ],
})

/** The workflows of the tests. */
export const TEST_WORKFLOWS: readonly WorkflowDefinition[] = [SOLO, RELAY, ROUNDS, TIMED, GATED]
