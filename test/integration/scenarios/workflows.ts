/** One phase that asks for nothing: the shortest way to any status. */
export const SOLO = { name: 'solo', version: 1, initialPhase: 'work', phases: [{ key: 'work', final: true }] }

/** As `SOLO`, handed to the next owner where one is lost. */
export const RELAY = { ...SOLO, name: 'relay', onOwnerLost: 'REQUEUE', maxTakeovers: 1 }

/** A plan that a person approves, a build that has to be valid, and a verification that may send back to it. */
export const DELIVER = {
  name: 'deliver',
  version: 1,
  initialPhase: 'plan',
  maxRework: 1,
  phases: [
    {
      key: 'plan',
      next: ['build'],
      artifact: { path: 'plan.md' },
      approval: { gate: 'plan', question: 'Shall this be built?' },
    },
    {
      key: 'build',
      next: ['verify'],
      artifact: {
        path: 'build.json',
        schema: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } },
      },
    },
    { key: 'verify', next: ['build', 'done'], approval: { gate: 'ship', question: 'Ship it?' } },
    { key: 'done', final: true },
  ],
}

/** Rounds of drafting and checking, three at most. */
export const ROUNDS = {
  name: 'rounds',
  version: 1,
  initialPhase: 'draft',
  completeRoundAt: 'check',
  maxRounds: 2,
  phases: [
    { key: 'draft', next: ['draft', 'check'] },
    { key: 'check', next: ['wrap'] },
    { key: 'wrap', next: ['check', 'done'] },
    { key: 'done', final: true },
  ],
}

/** Every time limit, each of another length. */
export const TIMED = {
  name: 'timed',
  version: 1,
  initialPhase: 'work',
  phases: [{ key: 'work', next: ['work'], final: true, timeoutSeconds: 600 }],
  timeouts: { queueSeconds: 300, idleSeconds: 1800, runSeconds: 7200 },
}

/** A limit of the run as a whole, and no other. */
export const LIMITED = { ...SOLO, name: 'limited', timeouts: { runSeconds: 7200 } }
