import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** The children that have not ended. */
const living = new Set<ChildProcess>()

/**
 * As `spawn`, for programs that tests start: they are killed at the latest with the test file, however that ends. A test that times
 * out while it waits for one never comes to stop it.
 */
export const startChild = ((...given: Parameters<typeof spawn>) => {
  const child = spawn(...given)
  living.add(child)
  child.once('exit', () => living.delete(child))
  child.once('error', () => living.delete(child))
  return child
}) as typeof spawn

/** Kills the children that are left, and waits for their end. */
export async function endChildren(): Promise<void> {
  const left = [...living]
  const ends = left.map((child) => once(child, 'exit'))
  killChildren()
  await Promise.all(ends)
}

function killChildren(): void {
  for (const child of living) child.kill('SIGKILL')
}

// where the process of the tests itself has to end
process.once('exit', killChildren)
