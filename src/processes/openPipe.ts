import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, readSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A pipe of the operating system. */
export interface Pipe {
  /** The descriptor of the writing end, to be passed to a child process. */
  readonly writer: number
  /** Closes this process's own copy of the writing end. */
  closeWriter(): void
  /** Stops reading, until `resume`: whoever writes has to wait once the pipe is full. */
  pause(): void
  resume(): void
  /** Reads what is buffered and closes the pipe, even where other processes still hold its writing end. */
  close(): void
}

const READ_BYTES = 65_536
/** The maximum capacity of a pipe, unless the system's administrator raises it. */
const MAX_PIPE_BYTES = 1_048_576

/**
 * Makes named pipes, all at once, since each start of a program takes its time. Opening one removes its name. The standard
 * streams that Node.js creates are sockets, on which programs that open `/dev/stderr` fail.
 *
 * @param folder where the names exist until they are opened.
 * @returns the path of each
 */
export async function makePipes<Name extends string>(
  folder: string,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const paths = names.map((name) => [name, join(folder, `pipe-${randomUUID()}`)] as const)
  await promisify(execFile)('mkfifo', ['-m', '600', ...paths.map(([, path]) => path)])
  return Object.fromEntries(paths) as Record<Name, string>
}

/**
 * Opens a pipe of `makePipes` and passes its output to `take` as it arrives.
 *
 * @param onEnd called when nobody holds its writing end any more
 */
export function openPipe(path: string, take: (bytes: Uint8Array) => void, onEnd?: () => void): Pipe {
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  unlinkSync(path)
  const socket = new Socket({ fd: reader, readable: true, writable: false })
  socket.on('data', take)
  let isOver = false
  socket.once('end', () => {
    isOver = true
    onEnd?.()
  })
  socket.on('error', () => (isOver = true))
  let isOpen = true
  const closeWriter = () => {
    if (isOpen) closeSync(writer)
    isOpen = false
  }
  return {
    writer,
    closeWriter,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close() {
      closeWriter()
      if (socket.destroyed) return
      // what a paused socket has read already; `read` emits it as data
      while (socket.read() !== null);
      if (!isOver) takeRest(reader, take)
      socket.destroy()
    },
  }
}

/** Reads what remains buffered in the pipe, up to the first read that would block. */
function takeRest(reader: number, take: (bytes: Uint8Array) => void): void {
  for (let taken = 0; taken < MAX_PIPE_BYTES;) {
    const bytes = Buffer.allocUnsafe(READ_BYTES)
    try {
      const read = readSync(reader, bytes, 0, READ_BYTES, null)
      if (read === 0) return
      taken += read
      take(bytes.subarray(0, read))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return
      throw error
    }
  }
}

/** A pipe into a child process. */
export interface InputPipe {
  /** The descriptor of the reading end, to be passed to a child process. */
  readonly reader: number
  /** Closes this process's own copy of the reading end. */
  closeReader(): void
  /** Resolves when the system has taken the bytes; rejects where nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>
  /** Closes the pipe at once, whatever still waits in it. */
  close(): void
}

/** Opens a pipe of `makePipes` that a child process reads. */
export function openInputPipe(path: string): InputPipe {
  // A writing end opens without waiting only where there is a reader; the child's reader is a blocking one.
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const reader = openSync(path, constants.O_RDONLY)
  closeSync(first)
  unlinkSync(path)
  const socket = new Socket({ fd: writer, readable: false, writable: true })
  socket.on('error', () => undefined)
  let isOpen = true
  const closeReader = () => {
    if (isOpen) closeSync(reader)
    isOpen = false
  }
  return {
    reader,
    closeReader,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    close() {
      closeReader()
      socket.destroy()
    },
  }
}
