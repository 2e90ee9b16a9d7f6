import { type WorkflowDefinition, workflowSchema } from '../src/lifecycle/workflow/workflow.ts'

/** The workflow of the measurements: three phases in a row. */
export const BENCH_WORKFLOW: WorkflowDefinition = workflowSchema.parse({
  name: 'bench',
  version: 1,
  initialPhase: 'plan',
  phases: [
    { key: 'plan', next: ['build'], role: 'agent' },
    { key: 'build', next: ['done'], role: 'agent' },
    { key: 'done', final: true },
  ],
})

/** The longest possible lease, in seconds: nothing expires during a measurement. */
export const LEASE_SECONDS = 3600

/** The project that all runs of the measurements belong to. */
export const PROJECT = 'default'
