import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentOutput } from '../kit/adapter.ts'

/**
 * What tmux pipes the pane into: files whose names say at which byte of the output they begin. A file ends after so many
 * pieces, so that those that were read can be removed. It lives as long as the pipe, whatever signals come.
 */
export const RECORDER = `trap "" HUP INT QUIT TERM
cd "$PAWL_TERMINAL_OUTPUT" || exit
n=$PAWL_TERMINAL_AT
while dd bs=65536 count=1024 of="$n" 2>/dev/null && [ -s "$n" ]; do n=$((n + $(wc -c <"$n"))); done`

interface Segment {
  readonly path: string
  readonly start: number
  readonly end: number
}

const PIECE = 65_536

/** The output of a pane, on disk, and how far it was read. */
export class PaneOutput {
  readonly folder: string
  readonly #output: AgentOutput
  #readAt: number

  constructor(stateDir: string, output: AgentOutput) {
    this.folder = join(stateDir, 'terminal')
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.#output = output
    this.#readAt = output.startsAt
  }

  /** Where the output of a pane that is started now begins. */
  get end(): number {
    return Math.max(this.#readAt, ...this.#segments().map(({ end }) => end))
  }

  /** When something last came, in milliseconds since the epoch; null where nothing has. */
  get changedAt(): number | null {
    const last = this.#segments().at(-1)
    return last ? statSync(last.path).mtimeMs : null
  }

  /** Hands on what came since, as far as there is room. Returns whether that was anything. */
  read(hasRoom: () => boolean = () => this.#output.hasRoom): boolean {
    const before = this.#readAt
    for (const segment of this.#segments()) {
      this.#readAt = Math.max(this.#readAt, segment.start)
      while (this.#readAt < segment.end && hasRoom()) {
        const bytes = readAt(segment.path, this.#readAt - segment.start)
        if (bytes.length === 0) break
        this.#readAt += bytes.length
        this.#output.write(bytes)
      }
      if (this.#readAt < segment.end) break
    }
    this.#removeKept()
    return this.#readAt > before
  }

  /** Removes what the transcript holds for sure; never the last file, which may be written to. */
  #removeKept(): void {
    for (const { path, end } of this.#segments().slice(0, -1))
      if (end <= Math.min(this.#output.startsAt, this.#readAt)) rmSync(path, { force: true })
  }

  #segments(): Segment[] {
    return this.#list()
      .filter((name) => /^\d+$/.test(name))
      .map((name) => {
        const path = join(this.folder, name)
        const start = Number(name)
        return { path, start, end: start + (statSync(path, { throwIfNoEntry: false })?.size ?? 0) }
      })
      .toSorted((a, b) => a.start - b.start)
  }

  /** A folder that somebody removed holds nothing more: this is called by a timer, whose errors would end the worker. */
  #list(): string[] {
    try {
      return readdirSync(this.folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }
}

function readAt(path: string, offset: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(PIECE)
    return bytes.subarray(0, readSync(file, bytes, 0, PIECE, offset))
  } finally {
    closeSync(file)
  }
}
