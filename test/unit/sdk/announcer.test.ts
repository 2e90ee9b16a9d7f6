import { PawlFault } from '@pawl/sdk'
import { expect, it } from 'vitest'
import type { Workers } from '../../../sdk/client/workers.ts'
import { Announcer } from '../../../sdk/worker/announcer.ts'

/** An announcer, and what it has announced to a server that answers with this error. */
function announceTo(error: Error) {
  const announced: unknown[] = []
  const workers = {
    announce: (fields: { state: string }) => {
      announced.push(fields.state)
      return Promise.reject(error)
    },
  } as unknown as Workers
  return { announcer: new Announcer(workers, { owner: 'w' }), announced }
}

it('is silent to a server that knows of no announcements, after the first', async () => {
  const unknown = new PawlFault('Unknown type "AnnounceWorkerInput".', 'BAD_USER_INPUT')
  const { announcer, announced } = announceTo(unknown)
  const work = announcer.work()
  await expect.poll(() => announced).toEqual(['READY'])
  announcer.state = 'NOT_READY'
  await new Promise(setImmediate)
  announcer.state = 'STOPPING'
  await announcer.end()
  await work
  expect(announced).toEqual(['READY'])
})

it('tells every change to a server that only fails', async () => {
  const { announcer, announced } = announceTo(new PawlFault('failed', 'INTERNAL'))
  const work = announcer.work()
  await expect.poll(() => announced).toEqual(['READY'])
  announcer.state = 'NOT_READY'
  await expect.poll(() => announced).toEqual(['READY', 'NOT_READY'])
  await announcer.end()
  await work
  expect(announced.at(-1)).toBe('STOPPED')
})
