import { closeSync, constants, openSync } from 'node:fs'
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

/** How long the system may take to hand over what was written last, in milliseconds. */
const LAST_BYTES_TAKE_MS = 2_000

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
  stream.on('data', take)
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
      closeSync(descriptor)
      const done = new AbortController()
      await Promise.race([closed, sleep(LAST_BYTES_TAKE_MS, undefined, { signal: done.signal, ref: true })])
      done.abort()
      stream.destroy()
    },
  }
}
