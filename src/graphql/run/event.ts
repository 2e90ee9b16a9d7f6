import { summarizeEvent } from '../../lifecycle/log/summaries.ts'
import { builder } from '../kit/builder.ts'
import { RunEventRef } from '../kit/refs.ts'

builder.objectType(RunEventRef, {
  description: "One line of a run's append-only log.",
  fields: (t) => ({
    runId: t.exposeID('runId', { description: 'Its run.' }),
    seq: t.exposeInt('seq', {
      description: 'Its number in the log: 1, 2, 3 and so on, without gaps. The cursor of streams.',
    }),
    epoch: t.exposeInt('epoch', { description: 'The epoch it belongs to.' }),
    type: t.exposeString('type', { description: 'What happened, in the past tense, as `run.cancelled`.' }),
    actor: t.exposeString('actor', { description: 'Who did it: the name of a principal, or `system`.' }),
    actorId: t.exposeID('actorId', {
      nullable: true,
      description: 'The principal; null where the log is of before there were any.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When it happened.' }),
    summary: t.string({ description: 'One sentence for a person.', resolve: summarizeEvent }),
    payload: t.field({
      type: 'JSON',
      description: 'What it changed; its shape for each type is in `schema/events.schema.json`.',
      resolve: ({ payload }) => payload,
    }),
  }),
})
