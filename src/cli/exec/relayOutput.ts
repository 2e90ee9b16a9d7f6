import { fstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { makePipes, openPipe } from '../../processes/openPipe.ts'
import type { Pipe } from '../../processes/openPipe.ts'

/** Told of what a command prints. Never waits, never throws. */
export interface OutputListener {
  /** What goes to standard output; and to standard error, where both are one place. */
  write(bytes: Uint8Array): void
  /** What goes to standard error. */
  writeErrors(bytes: Uint8Array): void
}

/** What a command prints, on its way through this process to where this process's own output goes. */
export interface OutputRelay {
  /** The standard streams of the command. */
  readonly streams: readonly ('inherit' | number)[]
  /** Closes this process's own copies of what the command writes to, once the command has it. */
  launched(): void
  /** Passes on what is left, also where a process that could not be ended may still write. */
  close(): void
}

/** The streams that are relayed, by their descriptors. */
export interface RelayPlan {
  readonly isOutput: boolean
  readonly isErrors: boolean
  /** Whether both go to one place, in which what is printed has to stay in order. */
  readonly isOne: boolean
}

/**
 * Which of this process's streams can be relayed: those that are no terminals, which a command uses in more ways than to print. Null
 * where there is none.
 */
export function planRelay(): RelayPlan | null {
  const [isOutput, isErrors] = [!isatty(1), !isatty(2)]
  if (!isOutput && !isErrors) return null
  return { isOutput, isErrors, isOne: isOutput && isErrors && isSameFile(1, 2) }
}

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)]
  return a.dev === b.dev && a.ino === b.ino
}

/**
 * Opens pipes for a command: its bytes pass unchanged, at the pace of whoever reads this process's output.
 *
 * @throws the system's error
 */
export async function openRelay(
  { isOutput, isErrors, isOne }: RelayPlan,
  listener: OutputListener,
): Promise<OutputRelay> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-exec-'))
  try {
    const paths = await makePipes(folder, ['output', 'errors'] as const)
    const output = isOutput
      ? relay(paths.output, process.stdout, (bytes) => listener.write(bytes))
      : undefined
    const errors =
      isErrors && !isOne
        ? relay(paths.errors, process.stderr, (bytes) => listener.writeErrors(bytes))
        : undefined
    const pipes = [output, errors].filter((pipe) => pipe !== undefined)
    return {
      streams: ['inherit', output?.writer ?? 'inherit', (isOne ? output : errors)?.writer ?? 'inherit'],
      launched: () => pipes.forEach((pipe) => pipe.closeWriter()),
      close: () => pipes.forEach((pipe) => pipe.close()),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads a pipe into a stream. */
function relay(path: string, stream: NodeJS.WriteStream, hear: (bytes: Uint8Array) => void): Pipe {
  const resume = () => pipe.resume()
  const pipe = openPipe(path, (bytes) => {
    hear(bytes)
    if (stream.write(bytes)) return
    pipe.pause()
    stream.once('drain', resume)
  })
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    // Without a reader the command is told so as if it had no pipe between, and decides itself.
    if (code === 'EPIPE') pipe.close()
    else resume()
  })
  return pipe
}
