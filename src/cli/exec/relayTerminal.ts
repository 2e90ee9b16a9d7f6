import { createWriteStream } from 'node:fs'
import { isatty } from 'node:tty'
import { isInForeground, makeTerminalRaw } from '../../processes/rawTerminal.ts'
import type { RawTerminal } from '../../processes/rawTerminal.ts'
import { openPseudoTerminal } from '../../processes/pseudoTerminal.ts'

/** Which terminals of this process a command uses. */
export interface TerminalPlan {
  readonly isInput: boolean
  /** Whether standard output is one; otherwise standard error is. */
  readonly isOutput: boolean
}

/** A terminal of the command's own, between it and the terminal of this process. */
export interface TerminalRelay {
  /** Its path: it becomes the controlling terminal of the command. */
  readonly path: string
  /** The descriptor of the command's end. */
  readonly descriptor: number
  /** What the command must not have. */
  readonly withhold: readonly number[]
  /** Passes on what is left, and makes the terminal of this process what it was. */
  close(): Promise<void>
}

/**
 * Where a command can have a terminal of its own. Null where this process prints to none, and where it may not read its terminal, since
 * it is in the background.
 */
export function planTerminal(): TerminalPlan | null {
  const [isInput, isOutput, isErrors] = [isatty(0), isatty(1), isatty(2)]
  if (!isOutput && !isErrors) return null
  return isInput && !isInForeground() ? null : { isInput, isOutput }
}

/**
 * Opens a terminal for a command, of the size of this process's own, and follows that. Keys pass as they are typed: it is the command's
 * terminal that makes signals of them.
 *
 * @param hear told what is shown
 * @throws an error where that is not possible
 */
export async function openTerminalRelay(
  { isInput, isOutput }: TerminalPlan,
  hear: (bytes: Uint8Array) => void,
): Promise<TerminalRelay> {
  const shown = isOutput ? process.stdout : process.stderr
  // Not by the stream of Node.js, which waits for a terminal that is held, and the lease with it.
  const screen = createWriteStream('', { fd: isOutput ? 1 : 2, autoClose: false })
  const pseudo = openPseudoTerminal(sizeOf(shown), (bytes) => {
    hear(bytes)
    if (screen.write(bytes)) return
    pseudo.pause()
    screen.once('drain', () => pseudo.resume())
  })
  screen.on('error', () => pseudo.resume())
  const resize = () => pseudo.resize(sizeOf(shown))
  shown.on('resize', resize)
  const keys = process.stdin
  const type = (bytes: Buffer) => void (pseudo.type(bytes, () => keys.resume()) || keys.pause())
  let raw: RawTerminal | undefined
  const close = async () => {
    shown.off('resize', resize)
    keys.off('data', type)
    if (isInput) keys.pause()
    await pseudo.close()
    await new Promise((resolve) => screen.write('', resolve))
    await raw?.restore()
  }
  try {
    if (isInput) {
      raw = await makeTerminalRaw()
      keys.on('data', type)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { path: pseudo.path, descriptor: pseudo.descriptor, withhold: [pseudo.own], close }
}

function sizeOf({ columns, rows }: NodeJS.WriteStream) {
  return { columns: columns || 80, rows: rows || 24 }
}
