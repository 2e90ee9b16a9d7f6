import { describe, expect, it } from 'vitest'
import { parseSeconds } from '../../../src/cli/kit/options.ts'
import { LiveScreen } from '../../../src/cli/terminal/liveScreen.ts'
import { createPrinter } from '../../../src/cli/terminal/printer.ts'
import type { Printer } from '../../../src/cli/terminal/printer.ts'
import { printPairs, printTable } from '../../../src/cli/terminal/table.ts'
import { formatClock, formatDuration } from '../../../src/cli/terminal/times.ts'
import { cutToWidth, padToWidth, safeText, widthOf, wrap } from '../../../src/cli/terminal/width.ts'

/** A printer of a given size that keeps what is written. */
function makePrinter(columns: number, rows: number, isTTY = true): Printer & { readonly text: () => string } {
  let text = ''
  const stream = { isTTY, columns, rows, write: (more: string) => void (text += more) }
  const printer = createPrinter(stream, { env: { NO_COLOR: '1' }, argv: [] })
  return Object.assign(Object.create(printer) as Printer, { text: () => text })
}

describe('text on a terminal', () => {
  it('is as wide as it looks', () => {
    expect(widthOf('plain')).toBe(5)
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3)
    expect(widthOf('漢字')).toBe(4)
    expect(widthOf('👩‍👩‍👧')).toBe(2)
    expect(widthOf('e\u0301')).toBe(1)
    expect(widthOf('❤\ufe0f')).toBe(2)
    expect(widthOf('1\ufe0f\u20e3')).toBe(2)
    expect(widthOf('a\u200bb')).toBe(2)
  })

  it('is cut to the column, with its colours ended', () => {
    expect(cutToWidth('exactly', 7)).toBe('exactly')
    expect(cutToWidth('too long', 5)).toBe('too …')
    expect(cutToWidth('漢字漢字', 5)).toBe('漢字…')
    expect(cutToWidth('\u001b[31mtoo long\u001b[39m', 5)).toBe('\u001b[31mtoo …\u001b[39m')
    expect(padToWidth('漢', 4)).toBe('漢  ')
  })

  it('never commands it, wherever it comes from', () => {
    const said = safeText('a\u001b]0;title\u0007b\nc\u009bd')
    for (const command of ['\u001b', '\u0007', '\n', '\u009b']) expect(said).not.toContain(command)
    expect(safeText('two\nlines')).toBe('two lines')
  })

  it('is shown with the marks that would reorder or hide a part of it', () => {
    expect(safeText('invoice\u202egpj.exe\u200b')).toBe('invoice\\u{202e}gpj.exe\\u{200b}')
  })

  it('shows them also where a command forgot to, and leaves a program what it is', () => {
    const terminal = makePrinter(80, 24)
    terminal.line('\u001b[31ma\u202eb\u001b[39m')
    expect(terminal.text()).toBe('\u001b[31ma\\u{202e}b\u001b[39m\n')
    const file = makePrinter(80, 24, false)
    file.line('a\u202eb')
    expect(file.text()).toBe('a\u202eb\n')
  })

  it('is wrapped between words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable'])
    expect(wrap('', 10)).toEqual([])
  })
})

describe('a table', () => {
  it('lines its columns up, and cuts them on a terminal alone', () => {
    const narrow = makePrinter(12, 24)
    printTable(narrow, ['ID', 'TITLE'], [['run_1', 'a long title']])
    expect(narrow.text()).toBe('ID     TITLE\nrun_1  a lo…\n')
    const file = makePrinter(12, 24, false)
    printTable(file, ['ID', 'TITLE'], [['run_1', 'a long title']])
    expect(file.text()).toContain('run_1  a long title\n')
  })

  it('leaves out pairs that say nothing', () => {
    const printer = makePrinter(80, 24)
    printPairs(printer, [
      ['name', 'value'],
      ['empty', null],
      ['x', '1'],
    ])
    expect(printer.text()).toBe('name  value\nx     1\n')
  })
})

describe('a live screen', () => {
  it('draws over what it drew, and no more than there is room for', () => {
    const printer = makePrinter(20, 4)
    const screen = new LiveScreen(printer)
    screen.draw(['one', 'two', 'three', 'four'])
    expect(printer.text()).toContain('one')
    expect(printer.text()).not.toContain('four')
    const before = printer.text().length
    screen.draw(['only'])
    const drawn = printer.text().slice(before)
    // Three lines back to the first of them, one line written, what was below it cleared.
    expect(drawn).toContain('\u001b[3A\ronly\u001b[K\n\u001b[J')
    screen.end()
    expect(printer.text().endsWith('\u001b[?25h')).toBe(true)
  })
})

describe('times', () => {
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1_500, '1.5s'],
    [59_400, '59s'],
    [59_600, '1m 00s'],
    [65_000, '1m 05s'],
    [3_599_700, '1h 0m'],
    [3_600_000, '1h 0m'],
    [49 * 3_600_000, '2d 1h'],
    [-5, '0ms'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('run as a clock', () => {
    expect([7_000, 754_000, 3_723_000].map(formatClock)).toEqual(['0:07', '12:34', '1:02:03'])
  })

  it('are read in every unit', () => {
    expect(['90', '90s', '5m', '12h', '30d'].map(parseSeconds)).toEqual([90, 90, 300, 43_200, 2_592_000])
    for (const wrong of ['', 'soon', '5w', '-1', '1.5h'])
      expect(() => parseSeconds(wrong)).toThrow('number of seconds')
  })
})
