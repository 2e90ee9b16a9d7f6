import { useEffect, useState } from 'react'

interface CopyButtonProps {
  readonly text: string
  /** What is copied, for screen readers. */
  readonly what: string
}

/** How long the result is shown, in milliseconds. */
const DONE_MS = 1_500

/** Copies a text, and shows whether that worked. */
export function CopyButton({ text, what }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), DONE_MS)
    return () => clearTimeout(timer)
  }, [state])
  const copy = () => {
    copyText(text).then(
      () => setState('done'),
      () => setState('failed'),
    )
  }
  return (
    <button type="button" className="button button-small" onClick={copy}>
      <span aria-live="polite">{{ idle: 'Copy', done: 'Copied', failed: 'Select it by hand' }[state]}</span>
      <span className="hidden"> {what}</span>
    </button>
  )
}

/** Pages that are served over plain HTTP from another machine have no Clipboard API, but can copy a selection. */
async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (!isDone) throw new Error('Nothing was copied')
}
