/** How many lines are shown. */
const MAX_LINES = 5_000

/** Hunks that an agent tells of, with added and removed lines in colour. */
export function Hunks({ text }: { readonly text: string }) {
  const lines = text.replace(/\n$/, '').split('\n')
  return (
    <pre className="diff" tabIndex={0}>
      {lines.slice(0, MAX_LINES).map((line, index) => (
        <span key={index} className={`diff-line ${kindOf(line)}`}>
          {line || '\u00A0'}
        </span>
      ))}
      {lines.length > MAX_LINES && (
        <span className="diff-line soft">{lines.length - MAX_LINES} more lines</span>
      )}
    </pre>
  )
}

function kindOf(line: string): string {
  if (/^(?:diff |index |\+\+\+ |--- )/.test(line)) return 'diff-head'
  if (line.startsWith('@@')) return 'diff-place'
  if (line.startsWith('+')) return 'diff-added'
  return line.startsWith('-') ? 'diff-removed' : ''
}
