import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ReadStream } from 'node:tty'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the packages `@lydell/node-pty-…` export, of which there is one for each platform. */
interface Native {
  open(
    columns: number,
    rows: number,
  ): { readonly master: number; readonly slave: number; readonly pty: string }
  resize(master: number, columns: number, rows: number): void
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** A terminal of a command, with this process in the place of the screen and the keyboard. */
export interface PseudoTerminal {
  readonly path: string
  /** The descriptor that the command gets. */
  readonly descriptor: number
  /** This process's own end, which the command must not have: with it, it would not be told that this process has ended. */
  readonly own: number
  /** Passes on what was typed. Returns whether there is room for more; otherwise `onRoom` is called when there is. */
  type(bytes: Uint8Array, onRoom: () => void): boolean
  resize(size: TerminalSize): void
  /** Stops reading until `resume`: whoever writes has to wait. */
  pause(): void
  resume(): void
  /** Reads what is left, and closes the terminal; also where a process still holds it. */
  close(): Promise<void>
}

/** How long it may take to pass on what was written last, in milliseconds. */
const LAST_BYTES_TAKE_MS = 2_000
/** How often a full terminal is tried again, in milliseconds. */
const ROOM_MS = 5

/**
 * Opens a pseudoterminal, and passes what is written to it to `take`.
 *
 * @throws an error where there is no package for this platform, or the system has no more terminals.
 */
export function openPseudoTerminal(
  { columns, rows }: TerminalSize,
  take: (bytes: Uint8Array) => void,
): PseudoTerminal {
  const native = createRequire(import.meta.url)(
    `@lydell/node-pty-${process.platform}-${process.arch}/pty.node`,
  ) as Native
  const { master, slave, pty: path } = native.open(columns, rows)
  // The package opens it as non-blocking, which a command's streams must not be.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY)
  closeSync(slave)
  const stream = new ReadStream(master)
  let end: MarkedEnd | undefined
  stream.on('data', (bytes: Buffer) => (end ? end.pass(bytes) : take(bytes)))
  // On Linux reading fails with EIO once nobody holds the other end any more.
  stream.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()))
  return {
    path,
    descriptor,
    own: master,
    type(bytes, onRoom) {
      const hasRoom = stream.write(bytes)
      if (!hasRoom) stream.once('drain', onRoom)
      return hasRoom
    },
    resize: (size) => native.resize(master, size.columns, size.rows),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    async close() {
      const ended = new AbortController()
      const { mark, reached } = (end = new MarkedEnd(take))
      const late = sleep(LAST_BYTES_TAKE_MS, undefined, { signal: ended.signal }).catch(() => undefined)
      // where it can't be written, the end of the stream has to do
      const passed = writeWhole(path, mark, ended.signal).then(
        () => reached,
        () => closed,
      )
      await Promise.race([passed, closed, late])
      ended.abort()
      closeSync(descriptor)
      stream.destroy()
    },
  }
}

/**
 * Passes on what comes before a mark. This process writes the mark behind what the command wrote: once it is read, everything is. It can't be
 * read until the end instead: when nobody holds the other end any more, Node.js takes the first short read for the last one.
 */
class MarkedEnd {
  /** What no terminal shows. */
  readonly mark = Buffer.from(`\u001b_${randomUUID()}\u001b\\`)
  /** Resolves when the mark was read. */
  readonly reached: Promise<void>
  readonly #take: (bytes: Uint8Array) => void
  #held = Buffer.alloc(0)
  #reach: () => void = () => undefined
  #isReached = false

  constructor(take: (bytes: Uint8Array) => void) {
    this.#take = take
    this.reached = new Promise((resolve) => (this.#reach = resolve))
  }

  pass(bytes: Buffer): void {
    // a process that the command has left may still write
    if (this.#isReached) return this.#take(bytes)
    const all = Buffer.concat([this.#held, bytes])
    const place = all.indexOf(this.mark)
    const known = place < 0 ? Math.max(0, all.length - this.mark.length + 1) : place
    if (known > 0) this.#take(all.subarray(0, known))
    this.#held = all.subarray(known)
    if (place < 0) return
    this.#isReached = true
    this.#reach()
  }
}

/** Writes to a terminal when it has room for all of it, until the signal aborts. */
async function writeWhole(path: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const writer = openSync(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
  try {
    for (let rest = bytes; rest.length > 0 && !signal.aborted;) {
      rest = rest.subarray(writeSome(writer, rest))
      if (rest.length > 0) await sleep(ROOM_MS)
    }
  } finally {
    closeSync(writer)
  }
}

/** How much of it there was room for. */
function writeSome(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}
