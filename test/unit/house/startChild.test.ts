import { once } from 'node:events'
import { expect, it } from 'vitest'
import { endChildren, startChild } from '../../support/startChild.ts'

it('lets no program that a test has started outlive the tests, whatever that ignores', async () => {
  const child = startChild('sh', ['-c', `trap '' TERM; echo up; while :; do sleep 0.05; done`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  child.kill('SIGSTOP')
  await endChildren()
  expect(child.signalCode).toBe('SIGKILL')
})
