import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program that prints where this one does, and returns its exit code; it is ended when the signal aborts. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { signal, env = process.env }: { readonly signal: AbortSignal; readonly env?: NodeJS.ProcessEnv },
): Promise<number> {
  signal.throwIfAborted()
  // a group of its own: what it starts is ended with it
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    signal.throwIfAborted()
    return code ?? 1
  } finally {
    signal.removeEventListener('abort', end)
  }
}
