// oxlint-disable no-control-regex -- control characters are what this file is about

/** Sequences that a terminal obeys instead of showing them: CSI, strings as OSC and DCS, and the short ones. */
const SEQUENCE =
  /\u001b(?:\[([0-?]*)[ -/]*([@-~])|[\]P^_X][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-Z\\`-~])/g
/** One that is not finished, at the end of a text. */
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*|[\]P^_X][^\u0007\u001b]*\u001b?|[ -/]*)$/
/** Maximum length of a sequence that is waited for, in characters; a longer text is no sequence. */
const MAX_SEQUENCE_LENGTH = 4_096
/** Stands for a move of the cursor to another line, until it is known what stands beside it. */
const LINE_MOVE = '\0'
/** Ends of sequences that go to another line, or clear the screen. */
const TO_OTHER_LINE = 'ABEFHJdf'
/** Ends of sequences that continue in the line. */
const IN_LINE = 'CG'
const CONTROLS = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** The state of the parser after a text, with which another parser can continue. */
export interface PlainCarry {
  /** What waits for the next piece. */
  readonly held: string
  readonly isAtLineStart: boolean
}

/**
 * Makes text of what was meant for a terminal, in pieces: sequences and control characters are left out, a move to another
 * line is a new line. What may be the beginning of a sequence waits for the next piece.
 */
export class PlainText {
  #held: string
  #isAtLineStart: boolean

  constructor({ held, isAtLineStart }: PlainCarry = { held: '', isAtLineStart: true }) {
    this.#held = held
    this.#isAtLineStart = isAtLineStart
  }

  get carry(): PlainCarry {
    return { held: this.#held, isAtLineStart: this.#isAtLineStart }
  }

  take(piece: string): string {
    const text = this.#held + piece
    // A line is ended by \r\n, so \r alone is not known until the next character is.
    const unfinished = UNFINISHED.exec(text.slice(-MAX_SEQUENCE_LENGTH)) ?? /\r+$/.exec(text)
    const length = unfinished?.[0].length ?? 0
    this.#held = text.slice(text.length - length)
    return this.#give(withoutSequences(text.slice(0, text.length - length)))
  }

  /** What waited, where nothing follows. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return held.startsWith('\r') ? this.#give('\n') : ''
  }

  /** Ends the line where the cursor moved away from one that has something in it. */
  #give(text: string): string {
    const given = text.replace(/\0+/g, (_, at: number) =>
      (at > 0 ? text[at - 1] === '\n' : this.#isAtLineStart) ? '' : '\n',
    )
    if (given !== '') this.#isAtLineStart = given.endsWith('\n')
    return given
  }
}

function withoutSequences(text: string): string {
  if (!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)) return text
  return text
    .replaceAll(LINE_MOVE, '')
    .replace(/\r+\n?/g, '\n')
    .replace(SEQUENCE, (_, _parameters, end: string | undefined) => {
      if (end === undefined) return ''
      return TO_OTHER_LINE.includes(end) ? LINE_MOVE : IN_LINE.includes(end) ? ' ' : ''
    })
    .replace(CONTROLS, '')
}
