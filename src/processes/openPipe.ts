import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A pipe of the system's. */
export interface Pipe {
  /** The end that is written to, to be handed to a process. */
  readonly writer: number
  /** Closes this process's own copy of the writing end. */
  closeWriter(): void
  /** Takes what is there and closes the pipe, whoever may still hold its other end. */
  close(): void
}

const READ_BYTES = 65_536
/** No pipe holds more than this unless the system's administrator says so. */
const MAX_PIPE_BYTES = 1_048_576

/**
 * Opens a pipe, whose output is taken as it comes. Standard streams that Node.js makes are sockets, on which programs that
 * open `/dev/stderr` fail.
 *
 * @param folder where its name stands for a moment.
 */
export async function openPipe(folder: string, take: (bytes: Uint8Array) => void): Promise<Pipe> {
  const path = join(folder, `pipe-${randomUUID()}`)
  await promisify(execFile)('mkfifo', ['-m', '600', path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY)
  await rm(path)
  const socket = new Socket({ fd: reader, readable: true, writable: false })
  socket.on('data', take)
  let isOver = false
  socket.once('end', () => (isOver = true))
  socket.on('error', () => (isOver = true))
  let isOpen = true
  const closeWriter = () => {
    if (isOpen) closeSync(writer)
    isOpen = false
  }
  return {
    writer,
    closeWriter,
    close() {
      closeWriter()
      if (!isOver && !socket.destroyed) takeRest(reader, take)
      socket.destroy()
    },
  }
}

/** What has been written stands in the pipe; the next read that would wait is the end of it. */
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
