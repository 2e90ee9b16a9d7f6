import { define, GATED, ROUNDS, SOLO } from '../support/workflows.ts'

/** Every timeout, none of them a multiple of the steps of time. */
const HURRIED = define({
  name: 'hurried',
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 6100, artifact: { path: 'work.json' } }],
  timeouts: { queueSeconds: 3100, runSeconds: 72_100, idleSeconds: 18_100 },
})

/** Requeued when an owner is lost, as often as the server's settings allow. */
const HANDED_ON = define({ ...SOLO, name: 'handed-on', onOwnerLost: 'REQUEUE' })

const schema = { type: 'object', required: ['ok'] }

/** Two rounds; an optional artifact, and one that another principal must approve in time. */
const JUDGED = define({
  name: 'judged',
  initialPhase: 'sketch',
  completeRoundAt: 'verdict',
  maxRounds: 2,
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'sketch',
      next: ['verdict', 'sketch'],
      artifact: { path: 'sketch.json', required: false, schema },
    },
    {
      key: 'verdict',
      next: ['sketch', 'done'],
      artifact: { path: 'verdict.json', schema },
      approval: {
        gate: 'verdict',
        question: 'Is it right?',
        allowSelfApproval: false,
        expiresInSeconds: 500,
        onExpiry: 'REJECT',
      },
    },
    { key: 'done', final: true },
  ],
})

/** An approval, without an artifact, before it completes. */
const SIGNED = define({
  name: 'signed',
  initialPhase: 'work',
  phases: [
    { key: 'work', next: ['sign'] },
    {
      key: 'sign',
      final: true,
      approval: {
        gate: 'sign',
        question: 'Do you sign?',
        approvers: ['olga'],
        expiresInSeconds: 700,
        onExpiry: 'EXPIRE_RUN',
      },
    },
  ],
})

/** The workflows of the model. */
export const WORKFLOWS = [SOLO, HANDED_ON, ROUNDS, HURRIED, GATED, JUDGED, SIGNED]
