import { define, GATED, ROUNDS, SOLO } from '../support/workflows.ts'

/** Every limit of time, none of them a multiple of the steps in which time moves. */
const HURRIED = define({
  name: 'hurried',
  initialPhase: 'work',
  phases: [{ key: 'work', final: true, timeoutSeconds: 6100, artifact: { path: 'work.json' } }],
  timeouts: { queueSeconds: 3100, runSeconds: 72_100, idleSeconds: 18_100 },
})

/** Handed on where an owner is lost, as often as the server's settings say. */
const HANDED_ON = define({ ...SOLO, name: 'handed-on', onOwnerLost: 'REQUEUE' })

const schema = { type: 'object', required: ['ok'] }

/** Two rounds; a file that may be left out, and one that somebody else must have judged in time. */
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

/** A person's word, and no file, before it is done. */
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
