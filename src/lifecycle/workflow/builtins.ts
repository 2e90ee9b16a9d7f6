import { type WorkflowDefinition, workflowSchema } from './workflow.ts'

const file = (path: string, required: boolean) => ({
  path,
  required,
  mediaType: path.endsWith('.md') ? 'text/markdown' : 'application/json',
})
const optional = (path: string) => file(path, false)
const required = (path: string) => file(path, true)

/** A code review: one agent runs through the phases, and may repeat them in further rounds. */
const review = {
  name: 'review',
  version: 1,
  initialPhase: 'context',
  completeRoundAt: 'synthesis',
  maxRounds: 20,
  onOwnerLost: 'FAIL',
  phases: [
    { key: 'context', next: ['change-context'], role: 'reviewer', artifact: optional('context.md') },
    { key: 'change-context', next: ['analysis'], role: 'reviewer', artifact: optional('change-context.md') },
    { key: 'analysis', next: ['reviews'], role: 'reviewer', artifact: optional('analysis.md') },
    { key: 'reviews', next: ['aggregation'], role: 'reviewer', artifact: optional('reviews.md') },
    { key: 'aggregation', next: ['discourse'], role: 'reviewer', artifact: optional('aggregation.md') },
    { key: 'discourse', next: ['synthesis'], role: 'reviewer', artifact: optional('discourse.md') },
    { key: 'synthesis', next: ['complete'], role: 'reviewer', artifact: optional('synthesis.md') },
    { key: 'complete', final: true },
  ],
}

/** A map of a code base: its structure, flows and requirements. */
const map = {
  name: 'map',
  version: 1,
  initialPhase: 'map-context',
  completeRoundAt: 'synthesis',
  maxRounds: 20,
  onOwnerLost: 'FAIL',
  phases: [
    { key: 'map-context', next: ['topology'], role: 'mapper', artifact: optional('map-context.md') },
    { key: 'topology', next: ['flow-analysis'], role: 'mapper', artifact: optional('topology.md') },
    {
      key: 'flow-analysis',
      next: ['requirements-mapping'],
      role: 'mapper',
      artifact: optional('flow-analysis.md'),
    },
    {
      key: 'requirements-mapping',
      next: ['synthesis'],
      role: 'mapper',
      artifact: optional('requirements-mapping.md'),
    },
    { key: 'synthesis', next: ['complete'], role: 'mapper', artifact: optional('synthesis.md') },
    { key: 'complete', final: true },
  ],
}

/** A delivered change: planned, approved by a person, built and verified. */
const delivery = {
  name: 'delivery',
  version: 1,
  initialPhase: 'plan',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'plan',
      next: ['build'],
      role: 'planner',
      artifact: required('plan.md'),
      approval: { gate: 'plan', question: 'Shall this plan be built?' },
    },
    { key: 'build', next: ['verify'], role: 'builder', artifact: required('build.json') },
    { key: 'verify', next: ['done', 'build'], role: 'verifier', artifact: required('verify.json') },
    { key: 'done', final: true },
  ],
}

/** Any work of one agent: done when the agent says so (`pawl run complete`), and not when its process ends. */
const task = {
  name: 'task',
  version: 1,
  initialPhase: 'work',
  onOwnerLost: 'FAIL',
  phases: [{ key: 'work', role: 'agent', final: true }],
}

/** The workflows of every installation. */
export const BUILTIN_WORKFLOWS: readonly WorkflowDefinition[] = [task, review, map, delivery].map(
  (candidate) => workflowSchema.parse(candidate),
)
