import { COUNTED, type StatusCount } from '../../store/run/countRuns.ts'
import { RunStatus } from '../enums/runEnums.ts'
import { builder } from '../kit/builder.ts'

/** The number of runs with a status. */
export const RunCount = builder.objectRef<StatusCount>('RunCount').implement({
  description: 'The number of runs with a status.',
  fields: (t) => ({
    status: t.expose('status', { type: RunStatus, description: 'That of all runs that are counted here.' }),
    count: t.exposeInt('count', {
      description: `How many runs are of it; of a settled status at most ${COUNTED.toLocaleString('en')} are counted.`,
    }),
    isExact: t.exposeBoolean('isExact', { description: 'False if there are more than were counted.' }),
  }),
})
