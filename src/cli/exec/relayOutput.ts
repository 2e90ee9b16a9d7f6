import { fstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { makePipes, openPipe } from '../../processes/openPipe.ts'
import type { Pipe } from '../../processes/openPipe.ts'
import { openTerminalRelay, planTerminal } from './relayTerminal.ts'
import type { TerminalRelay } from './relayTerminal.ts'

/** Told of what a command prints. Never waits, never throws. */
export interface OutputListener {
  /** What goes to standard output or a terminal; and to standard error, where both are one place. */
  write(bytes: Uint8Array): void
  /** What goes to standard error. */
  writeErrors(bytes: Uint8Array): void
}

/** What a command prints, on its way through this process to where this process's own output goes. */
export interface OutputRelay {
  /** The standard streams of the command. */
  readonly streams: readonly ('inherit' | number)[]
  /** The terminal that the command has instead of this process's, by its path. */
  readonly terminal?: string | undefined
  /** Descriptors that the command must not have. */
  readonly withhold?: readonly number[] | undefined
  /** Closes this process's own copies of what the command writes to, once the command has it. */
  launched(): void
  /** Passes on what is left, also where a process that could not be ended may still write. */
  close(): Promise<void>
}

/**
 * Opens what a command prints to: a terminal of its own for those of this process's streams that are terminals, pipes for the others.
 * Its bytes pass unchanged, at the pace of whoever reads. Null where nothing can pass.
 *
 * @param tell told why no terminal can be opened
 * @throws the system's error where there can be no pipes
 */
export async function openRelay(
  listener: OutputListener,
  tell: (error: unknown) => void,
): Promise<OutputRelay | null> {
  const pipes = await openPipes(listener)
  const plan = planTerminal()
  let own: TerminalRelay | undefined
  try {
    own = plan ? await openTerminalRelay(plan, (bytes) => listener.write(bytes)) : undefined
  } catch (error) {
    tell(error)
  }
  const all = [...new Set(pipes.filter((pipe) => pipe !== undefined))]
  if (all.length === 0 && !own) return null
  const shown = own?.descriptor ?? 'inherit'
  return {
    streams: [isatty(0) ? shown : 'inherit', pipes[0]?.writer ?? shown, pipes[1]?.writer ?? shown],
    terminal: own?.path,
    withhold: own?.withhold,
    launched: () => all.forEach((pipe) => pipe.closeWriter()),
    async close() {
      all.forEach((pipe) => pipe.close())
      await own?.close()
    },
  }
}

/** Pipes for standard output and standard error, as far as they are no terminals; one for both where both go to one place, in order. */
async function openPipes(listener: OutputListener): Promise<[Pipe | undefined, Pipe | undefined]> {
  const [isOutput, isErrors] = [!isatty(1), !isatty(2)]
  if (!isOutput && !isErrors) return [undefined, undefined]
  const folder = mkdtempSync(join(tmpdir(), 'pawl-exec-'))
  try {
    const paths = await makePipes(folder, ['output', 'errors'] as const)
    const output = isOutput
      ? relay(paths.output, process.stdout, (bytes) => listener.write(bytes))
      : undefined
    if (!isErrors) return [output, undefined]
    if (isOutput && isSameFile(1, 2)) return [output, output]
    return [output, relay(paths.errors, process.stderr, (bytes) => listener.writeErrors(bytes))]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one), fstatSync(other)]
  return a.dev === b.dev && a.ino === b.ino
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
