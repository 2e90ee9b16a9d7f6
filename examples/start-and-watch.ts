/**
 * Starts a run, once, and follows it to its end.
 *
 *     npx tsx examples/start-and-watch.ts 'PR 31'
 *
 * Call it twice: the second call is told which run holds the key, and follows that one.
 */
import { createPawl, match } from '@pawl/sdk'

const title = process.argv[2] ?? 'PR 31'
const pawl = createPawl()

const started = await pawl.runs.start({ workflow: 'review', title, concurrencyKey: `review ${title}` })
const run = match(started, {
  StartRunSuccess: (success) => success.run,
  ConcurrencyConflict: ({ holder }) => holder,
  _: ({ __typename }) => {
    throw new Error(`not started: ${__typename}`)
  },
})

console.log(`following ${run.id}, which is ${run.status}`)
for await (const frame of pawl.runs.watch(run.id, { untilSettled: true })) {
  console.log(`revision ${frame.revision}: ${frame.status} at ${frame.phase}`)
}

const ended = await pawl.runs.get(run.id)
console.log(`${ended?.outcome}: ${JSON.stringify(ended?.output)}`)
