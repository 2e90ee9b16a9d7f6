import type { LinePart } from './ansi.ts'

interface LineTextProps {
  readonly parts: readonly LinePart[]
  /** What is searched for; '' for nothing. */
  readonly wanted: string
}

/** A line of output with its colours, and with what is searched for marked. */
export function LineText({ parts, wanted }: LineTextProps) {
  if (parts.length === 0) return '\u00A0'
  const text = parts.map((part) => part.text).join('')
  return markParts(parts, findRanges(text, wanted)).map(({ text, className, isFound }, index) => {
    const part = className ? <span className={className}>{text}</span> : text
    return isFound ? <mark key={index}>{part}</mark> : <span key={index}>{part}</span>
  })
}

type Range = readonly [from: number, to: number]

function findRanges(text: string, wanted: string): readonly Range[] {
  if (!wanted) return []
  const [within, sought] = [text.toLowerCase(), wanted.toLowerCase()]
  const ranges: Range[] = []
  for (let at = within.indexOf(sought); at >= 0; at = within.indexOf(sought, at + sought.length))
    ranges.push([at, at + sought.length])
  return ranges
}

/** The parts, cut where what was found begins and ends. */
function markParts(
  parts: readonly LinePart[],
  ranges: readonly Range[],
): readonly (LinePart & { isFound: boolean })[] {
  const cuts = ranges.flat()
  let start = 0
  return parts.flatMap(({ text, className }) => {
    const [from, to] = [start, start + text.length]
    start = to
    const places = [from, ...cuts.filter((cut) => cut > from && cut < to), to]
    return places.slice(1).map((end, index) => {
      const begin = places[index] ?? from
      const isFound = ranges.some(([low, high]) => begin >= low && end <= high)
      return { text: text.slice(begin - from, end - from), className, isFound }
    })
  })
}
